"""What a page shows when its title is clicked."""


def fold(title: str, text: str) -> str:
    """Return a text behind its title, in Markdown that the site and a forge show alike."""
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"
