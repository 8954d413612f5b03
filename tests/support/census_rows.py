"""Synthetic census rows in any number, for tests of batch scoring: the same seed gives the same rows.

The rows come in blocks, each from its own random generator. So any slice can be made without the rows before it.
`python -m support.census_rows ROWS FILE [SEED]` writes a Parquet file; 10^8 rows take a minute (1.6 GB).
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ml_census.training.census import synthetic
from ml_census.training.census.adult import COLUMNS

BLOCK = 131_072
"""Rows of a block, which is a row group of a file."""
SHARES: dict[str, Mapping[str, float]] = {
    "workclass": synthetic.WORKCLASS,
    "education": synthetic.EDUCATION,
    "marital-status": synthetic.MARITAL_STATUS,
    "occupation": synthetic.OCCUPATION,
    "relationship": {**synthetic.SINGLE_RELATIONSHIP, "Husband": 40, "Wife": 5},
    "race": synthetic.RACE,
    "sex": {"Male": 67, "Female": 33},
    "native-country": synthetic.COUNTRY,
}
RANGES = {"age": (17, 91), "fnlwgt": (12_285, 500_000), "hours-per-week": (1, 100)}


def census_rows(start: int, stop: int, seed: int = 0) -> pa.Table:
    """Return the rows from `start` to before `stop`."""
    blocks = [_block(seed, number) for number in range(start // BLOCK, -(-stop // BLOCK))]
    return pa.concat_tables(blocks).slice(start % BLOCK, stop - start)


def write_census(path: Path, rows: int, seed: int = 0, group_rows: int = BLOCK) -> Path:
    """Write the first rows to a Parquet file, and return its path."""
    with pq.ParquetWriter(path, _block(seed, 0).schema, use_dictionary=list(SHARES)) as writer:
        for table in _blocks(rows, seed):
            writer.write_table(table, group_rows)
    return path


def _blocks(rows: int, seed: int) -> Iterator[pa.Table]:
    for number in range(-(-rows // BLOCK)):
        yield _block(seed, number).slice(0, rows - number * BLOCK)


def _block(seed: int, number: int) -> pa.Table:
    random = np.random.default_rng([seed, number])
    columns: dict[str, pa.Array] = {name: pa.array(random.integers(*RANGES[name], BLOCK)) for name in RANGES}
    for name, shares in SHARES.items():
        picked = _table(shares)[random.integers(0, 65_536, BLOCK, dtype=np.uint16)]
        columns[name] = pa.DictionaryArray.from_arrays(pa.array(picked), pa.array(list(shares)))
    columns["education-num"] = pa.array(columns["education"].indices.to_numpy().astype(np.int64) + 1)
    rare = random.integers(0, 100, BLOCK)
    amounts = random.integers(100, 20_000, BLOCK)
    columns["capital-gain"] = pa.array(np.where(rare < 8, amounts, 0))
    columns["capital-loss"] = pa.array(np.where(rare > 95, amounts // 5, 0))
    return pa.table({name: columns[name] for name in COLUMNS})


def _table(shares: Mapping[str, float]) -> np.ndarray:
    """Return the position of a category for each of 65,536 equally likely numbers."""
    bounds = np.cumsum(list(shares.values())) / sum(shares.values())
    return np.searchsorted(bounds, np.arange(65_536) / 65_536, side="right").astype(np.int8)


if __name__ == "__main__":
    write_census(Path(sys.argv[2]), int(sys.argv[1]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
