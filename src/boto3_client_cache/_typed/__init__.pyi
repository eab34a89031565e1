"""What type checkers know of each service; there is nothing here at run time."""
