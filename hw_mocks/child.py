"""A driver's process that lives by the moved clock of the daemon under `hw_mocks.daemon`."""

from __future__ import annotations

import sys
from pathlib import Path

from agent.core import child
from hw_mocks.clock_wire import follow

if __name__ == "__main__":
    child.main(follow(Path(sys.argv[1])))
