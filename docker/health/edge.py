"""Health check of the edge's container: python health.py SPOOL; whether it was written lately.

An agent that counts writes its coverage every minute, also where nobody passes.
"""

import sys
import time
from pathlib import Path

LATELY_SECONDS = 240

spool = Path(sys.argv[1])
files = [path for path in (spool, spool.with_name(f"{spool.name}-wal")) if path.exists()]
if not files:
    sys.exit(f"{spool}: there is no spool yet")
age = time.time() - max(path.stat().st_mtime for path in files)
print(f"{spool}: written {age:.0f} s ago")
sys.exit(age > LATELY_SECONDS)
