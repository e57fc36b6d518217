"""The command line: each file parses, makes one library call, and renders."""
