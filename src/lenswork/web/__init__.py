"""The studio: all of it in the browser, on your own machine."""
