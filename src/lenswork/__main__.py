"""`python -m lenswork`, the same as `lenswork`."""

from lenswork.cli.app import main

main()
