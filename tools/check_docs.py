"""Look at the built documentation in a real browser: `./dev docs --check`.

    python tools/check_docs.py FOLDER [--browser PATH] [--screenshots FOLDER]

Every page of FOLDER is opened in headless Chromium at 400 and at 1280 pixels, in light and in dark. Found are links and
images that lead nowhere inside the site, anchors that are not on their page, messages in the console, scripts and
resources that fail, pages that scroll sideways, and links that lead out, which are counted and not followed.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from playwright.sync_api import Browser, Page, Request, sync_playwright

WIDTHS = (400, 1280)
SCHEMES = ("light", "dark")
LEADS_TO = "[...document.querySelectorAll('a[href], link[href], img[src], script[src]')].map(e => e.href || e.src)"
ANCHORS = "[...document.querySelectorAll('[id]')].map(e => e.id)"
WIDTH = "document.scrollingElement.scrollWidth"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free loopback port."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def check(folder: Path, browser: Browser, screenshots: Path | None) -> list[str]:
    """Return what is wrong with the site in ``folder``."""
    faults: list[str] = []
    anchors: dict[str, set[str]] = {}
    links: dict[str, set[str]] = {}
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.html"))
    with served(folder) as root:
        for scheme in SCHEMES:
            for width in WIDTHS:
                page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                listen(page, faults)
                for name in names:
                    page.goto(root + name, wait_until="load")
                    wide = page.evaluate(WIDTH)
                    if wide > width:
                        faults.append(f"{name} scrolls sideways at {width} px: it is {wide} px wide")
                    anchors[root + name] = set(page.evaluate(ANCHORS))
                    links[root + name] = set(page.evaluate(LEADS_TO))
                    if screenshots:
                        file = f"{name.removesuffix('.html').replace('/', '-')}-{width}-{scheme}.png"
                        page.screenshot(path=screenshots / file, full_page=True)
                page.close()
        faults += broken_links(folder, root, anchors, links)
    outward = {link for of_page in links.values() for link in of_page if not link.startswith(root)}
    print(f"{len(names)} pages, {sum(map(len, links.values()))} links; {len(outward)} lead out and were not followed")
    return faults


def listen(page: Page, faults: list[str]) -> None:
    """Collect what the browser complains of."""
    page.on("console", lambda message: faults.append(f"{page.url}: {message.type}: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on("requestfailed", lambda request: faults.extend(failures_of(page, request)))


def failures_of(page: Page, request: Request) -> Iterator[str]:
    """Yield why a request failed, unless the browser gave it up itself, as it does when the next page is opened."""
    if request.failure != "net::ERR_ABORTED":
        yield f"{page.url}: {request.url}: {request.failure}"


def broken_links(folder: Path, root: str, anchors: dict[str, set[str]], links: dict[str, set[str]]) -> Iterator[str]:
    """Yield each link inside the site whose file or anchor is missing."""
    for page, found in links.items():
        for link in sorted(found):
            address, anchor = urldefrag(urljoin(page, link))
            if not address.startswith(root):
                continue
            address = address + "index.html" if address.endswith("/") else address
            file = folder / unquote(urlsplit(address).path).lstrip("/")
            name = page.removeprefix(root)
            if not file.is_file():
                yield f"{name} links to {link.removeprefix(root)}: there is no such file"
            elif anchor and address in anchors and unquote(anchor) not in anchors[address]:
                yield f"{name} links to {link.removeprefix(root)}: there is no such anchor"


def main() -> int:
    """Check, print the faults, and fail if there are any."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--browser", default=shutil.which("chromium") or shutil.which("google-chrome"))
    parser.add_argument("--screenshots", type=Path, help="a folder for pictures of every page")
    arguments = parser.parse_args()
    if not arguments.browser:
        parser.error("no chromium found: install it, or name a browser by --browser")
    if arguments.screenshots:
        arguments.screenshots.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.browser, args=["--no-sandbox"])
        faults = check(arguments.folder, browser, arguments.screenshots)
        browser.close()
    print("\n".join(dict.fromkeys(faults)), file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
