"""``python -m percola``: the command line, where the command ``percola`` is not on the path."""

import sys

from percola.cli import main

if __name__ == "__main__":
    sys.exit(main())
