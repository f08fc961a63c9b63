"""The job of ``make demo``; its code is part of the package, so that ``levada demo`` runs the same.

levada run demo/flights_job.py DEPARTURES RESULTS [ROWS_PER_SECOND]
"""

import sys
from pathlib import Path

from levada.cli.flights.job import main

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(float, sys.argv[3:]))
