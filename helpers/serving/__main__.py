"""The process that sends requests: a task comes on standard input."""

from helpers.serving.clients import main

if __name__ == "__main__":
    main()
