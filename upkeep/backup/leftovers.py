"""What a backup or a restore left behind that was killed: a whole copy of the donors' data, and room on the disk."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

from upkeep.backup import archive

PREFIX = ".tincup-work-"
# Only what has a name of ours: the folder is the operator's.
NAME = re.compile(rf"{re.escape(PREFIX)}\w+|tincup[\w-]*{re.escape(archive.ENDING + archive.PARTIAL)}")
OLD = 24 * 3600  # seconds: nobody is at work on it any more


def sweep(folder: Path) -> None:
    """Remove from the folder what is a day old; what cannot be removed stays. Raises OSError for the folder itself."""
    for path in folder.iterdir():
        if not NAME.fullmatch(path.name) or time.time() - path.lstat().st_mtime < OLD:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
