"""`python -m openline` is `openline`."""

from openline.cli.main import main

main()
