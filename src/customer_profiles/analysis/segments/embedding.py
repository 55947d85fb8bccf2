"""Numbers and categories of a profile as coordinates in which distances are comparable.

Factor analysis of mixed data: numbers are made symmetric and scaled to variance one, each level of a category
becomes an indicator divided by the root of its frequency, and a singular value decomposition keeps the directions
that carry more than chance (Pagès 2004, "Analyse factorielle de données mixtes"; Horn 1965 for how many to keep).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...messages import N_

MIN_KNOWN = 0.30  # a column known for fewer customers says too little about the rest
MIN_LEVEL = 0.02  # rarer levels are pooled: 1/√p would give a handful of customers a direction of their own
MAX_LEVELS = 12  # beyond it a category is closer to an identifier than to a trait
CLIP = 3.0  # standard deviations; single extremes must not make a segment
SKEWED = 1.0  # absolute skewness from which a number is transformed (Bulmer 1979: "highly skewed")
PERMUTATIONS = 10  # shuffled copies for parallel analysis
SHUFFLED_ROWS = 20_000  # customers drawn for it where there are more
MAX_COMPONENTS = 10  # enough in the comparison of methods behind the choice; more adds noise

POOLED = "\x00other"  # level of the pooled rare values; cannot collide with a value from data

CONSTANT = N_("the same for everyone")
SPARSE = N_("known for too few customers")
TOO_MANY = N_("too many different values")
USED = N_("used")


@dataclass(frozen=True)
class Embedding:
    """Customers as points.

    Parameters
    ----------
    coordinates : ndarray, shape (customers, components)
        In the order of the profile; a component's variance is what it explains.
    explained : ndarray, shape (components,)
        Share of the total variance per component.
    columns : DataFrame
        ``attribute, kind`` (number or category)``, known`` (share of customers)``, verdict``: what was used and,
        if not, why.
    """

    coordinates: np.ndarray
    explained: np.ndarray
    columns: pd.DataFrame


def embed(profile: pd.DataFrame, columns: Sequence[str], seed: int = 1, components: int | None = None) -> Embedding:
    """Place customers by the given columns.

    A missing value sits at the average of its column: nobody is moved by what is not known about them.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    columns : list of str
        Numeric, boolean or categorical columns of `profile`; others of its columns are ignored.
    seed : int
        Of the shuffles that decide how many components to keep.
    components : int, optional
        How many to keep; by default as many as carry more than chance (parallel analysis).

    Returns
    -------
    Embedding
        With at least one component, or none if no column can be used.
    """
    blocks, verdicts = [], []
    for column in columns:
        block, verdict = _block(profile[column])
        verdicts.append((column, _kind(profile[column]), float(profile[column].notna().mean()), verdict))
        if block is not None:
            blocks.append(block)
    table = pd.DataFrame(verdicts, columns=["attribute", "kind", "known", "verdict"])
    if not blocks:
        return Embedding(np.zeros((len(profile), 0)), np.zeros(0), table)
    matrix = np.hstack(blocks)
    values, vectors = _principal(matrix)
    keep = min(components or _components(blocks, values, seed), len(values))
    coordinates = matrix @ vectors[:, :keep]
    return Embedding(coordinates, values[:keep] / values.sum(), table)


def usable(profile: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """The columns that customers can be placed by."""
    return [name for name in columns if _unusable(profile[name]) is None]


def blocks(profile: pd.DataFrame) -> list[np.ndarray]:
    """Coordinates of each usable column, shape (customers, levels); other columns are left out."""
    found = (_block(profile[column])[0] for column in profile)
    return [block for block in found if block is not None]


def project(matrix: np.ndarray, components: int) -> np.ndarray:
    """Coordinates of rows of stacked `blocks` on their leading principal components."""
    return matrix @ _principal(matrix)[1][:, :components]


def numbers(values: pd.Series) -> np.ndarray:
    """A numeric column with mean 0 and variance 1, made symmetric if it is skewed; missing values at 0.

    Parameters
    ----------
    values : Series of numbers

    Returns
    -------
    ndarray, shape (rows,)
        Standard deviations from the average, cut off at ±`CLIP`.
    """
    from sklearn.preprocessing import PowerTransformer

    known = values.notna().to_numpy()
    x = values.to_numpy(dtype=float, na_value=np.nan)[known]
    if abs(pd.Series(x).skew()) >= SKEWED:
        # Scaled first: the likelihood of the transformation overflows for amounts in the millions.
        x = PowerTransformer("yeo-johnson", standardize=False).fit_transform(_standard(x)[:, None])[:, 0]
    column = np.zeros(len(values))
    column[known] = np.clip(_standard(x), -CLIP, CLIP)
    return column


def indicators(values: pd.Series) -> np.ndarray:
    """A category as centred indicators over √p; missing values at 0, rare levels pooled.

    Returns
    -------
    ndarray, shape (rows, levels)
        No direction of them has a variance above one, which is that of a number: neither outweighs the other.
    """
    levels = pool(values)
    shares = levels.value_counts(normalize=True).sort_index()
    codes = pd.factorize(levels, sort=True)[0]  # in the order of the shares, -1 where missing
    matrix = (codes[:, None] == np.arange(len(shares))[None, :]).astype(float)
    p = shares.to_numpy()
    matrix = (matrix - p) / np.sqrt(p)
    matrix[levels.isna().to_numpy()] = 0.0
    return matrix


def pool(values: pd.Series) -> pd.Series:
    """A category as text with its rare levels pooled into one; missing stays missing."""
    text = values.astype("object").where(values.notna(), None).map(str, na_action="ignore")
    counts = text.value_counts()
    counts = counts.loc[sorted(counts.index, key=lambda level: (-counts[level], level))]
    frequent = counts.index[(counts / counts.sum() >= MIN_LEVEL)][:MAX_LEVELS]
    return text.where(text.isin(frequent) | text.isna(), POOLED)


def is_number(values: pd.Series) -> bool:
    """Whether a column is treated as a number; booleans and ordered categories count as categories."""
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _kind(values: pd.Series) -> str:
    return "number" if is_number(values) else "category"


def _block(values: pd.Series) -> tuple[np.ndarray | None, str]:
    """Coordinates of one column, or why it has none."""
    reason = _unusable(values)
    if reason is not None:
        return None, reason
    return (numbers(values)[:, None] if is_number(values) else indicators(values)), USED


def _unusable(values: pd.Series) -> str | None:
    """Why a column cannot be used; None if it can."""
    known = values.dropna()
    if len(known) < MIN_KNOWN * len(values) or known.empty:
        return SPARSE
    if known.nunique() < 2:
        return CONSTANT
    if is_number(values):
        return None
    levels = pool(values).dropna()
    return TOO_MANY if levels.nunique() < 2 or (levels == POOLED).mean() > 0.5 else None


def _standard(x: np.ndarray) -> np.ndarray:
    spread = x.std()
    return (x - x.mean()) / spread if spread > 0 else x - x.mean()


def _principal(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variances and directions of the principal components, largest first; signs do not depend on LAPACK."""
    values, vectors = np.linalg.eigh(matrix.T @ matrix / len(matrix))
    values, vectors = np.clip(values[::-1], 0.0, None), vectors[:, ::-1]
    largest = np.abs(vectors).argmax(axis=0)
    return values, vectors * np.sign(vectors[largest, np.arange(vectors.shape[1])])


def _components(blocks: list[np.ndarray], values: np.ndarray, seed: int) -> int:
    """Number of leading components whose variance exceeds that of columns shuffled independently."""
    rng = np.random.default_rng(seed)
    rows = len(blocks[0])
    if rows > SHUFFLED_ROWS:
        part = rng.choice(rows, SHUFFLED_ROWS, replace=False)
        blocks, rows = [block[part] for block in blocks], SHUFFLED_ROWS
        values = _principal(np.hstack(blocks))[0]
    shuffled = [
        _principal(np.hstack([block[rng.permutation(rows)] for block in blocks]))[0] for _ in range(PERMUTATIONS)
    ]
    above = values > np.max(shuffled, axis=0)
    leading = len(above) if above.all() else int(np.argmin(above))
    return min(max(leading, min(2, len(values))), MAX_COMPONENTS)
