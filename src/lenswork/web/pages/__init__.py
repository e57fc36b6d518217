"""One file a page: parse what was asked, one library call, render."""
