"""``python -m levada`` is the command ``levada``."""

from levada.cli import main

if __name__ == "__main__":
    main()
