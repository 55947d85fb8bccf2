"""What a run found for each customer, handed to other systems as a file; `write_back` fills a table of a database.

Handing over twice leaves the same. Whoever must not appear any more since the run is not handed over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd
import yaml

from ..errors import ConfigurationError, EnvironmentFailed, InputRejected
from ..privacy import rare
from ..tables import Tables
from .excel import safe

VARIABLE = "env:"
FORMATS = (".csv", ".xlsx", ".parquet")
NAMES = {"segments": "customer_segments", "profile": "customer_profile", "leads": "prospect_list"}
"""What can be handed over, and what its table is called in a database."""
FORESEEN = (
    *("expected_orders", "expected_months", "expected_spend", "clv", "p_alive", "p_churn"),
    *("next_offer", "next_offer_reason", "next_offer_after", "next_repeat", "foreseen_on"),
)
"""Of the table ``predicted_value``: what a customer is expected to do, and the day on which it was foreseen."""
LAYOUTS = Path(__file__).with_name("layouts.yaml")


def assignments(tables: Tables) -> pd.DataFrame:
    """One row per customer: the segment of each division, the channel to try first, the list, and what is foreseen.

    Parameters
    ----------
    tables : Tables
        Of a published run.

    Returns
    -------
    DataFrame
        ``customer_id`` (pseudonym), then ``segment, rfm_segment, first_channel, purpose, place`` (of the list whom to
        address) and what `FORESEEN` names, as far as the run has it.

    Raises
    ------
    InputRejected
        If the run found no segments.
    """
    known = {name: tables.read(name) for name in ("segments", "rfm", "routing") if tables.has(name)}
    known = {name: found for name, found in known.items() if len(found)}
    foreseen = tables.read("predicted_value") if tables.has("predicted_value") else pd.DataFrame()
    if not known.keys() & {"segments", "rfm"} and foreseen.empty:
        raise InputRejected("the last run found no segments and foresees nothing: there is nothing to hand over")
    table = tables.read("profile")[["customer_id", "customer_no"]]
    if "segments" in known:
        table = table.merge(known["segments"][["customer_no", "segment"]], on="customer_no", how="left")
    if "rfm" in known:
        rfm = known["rfm"][["customer_no", "segment"]].rename(columns={"segment": "rfm_segment"})
        table = table.merge(rfm, on="customer_no", how="left")
    if "routing" in known:
        table = table.merge(known["routing"][["segment", "first_channel"]], on="segment", how="left")
    if tables.has("address_list"):
        listed = tables.read("address_list")[["customer_no", "purpose", "place"]]
        table = table.merge(listed, on="customer_no", how="left")
    if "customer_no" in foreseen:  # also a column without a value: it takes the place of what was handed over before
        columns = ["customer_no", *(name for name in FORESEEN if name in foreseen)]
        table = table.merge(foreseen[columns], on="customer_no", how="left", validate="one_to_one")
    return table.drop(columns="customer_no")


def unified(tables: Tables) -> pd.DataFrame:
    """The unified profile: one row per customer with all that is known, segments, stage and what is foreseen.

    Parameters
    ----------
    tables : Tables
        Of a published run.

    Returns
    -------
    DataFrame
        ``customer_id`` (pseudonym), the columns of the profile, the stage, then what `assignments` gives,
        as far as the run has it.
    """
    table = rare.own_profile(tables)
    if tables.has("stages"):
        stages = tables.read("stages")[["customer_no", "stage"]]
        table = table.merge(stages, on="customer_no", how="left", validate="one_to_one")
    if any(tables.has(name) and len(tables.read(name)) for name in ("segments", "rfm", "predicted_value")):
        table = table.merge(assignments(tables), on="customer_id", how="left", validate="one_to_one")
    empty = [name for name in table if table[name].isna().all()]
    return table.drop(columns=["customer_no", *empty])


def prospects(tables: Tables) -> pd.DataFrame:
    """Open prospects: ``lead_id`` (pseudonym) with chance, expected value, next step and reason, the best first.

    Raises
    ------
    InputRejected
        If the run could not rank them.
    """
    table = tables.read("lead_scores") if tables.has("lead_scores") else pd.DataFrame()
    if table.empty:
        raise InputRejected("the last run could not rank prospects: there is nothing to hand over")
    return table


def allowed(tables: Tables, withdrawn: Collection[str]) -> list[str]:
    """Customers of a run who may still be handed over: none of their accounts has objected or was erased since.

    Parameters
    ----------
    tables : Tables
        Of a published run.
    withdrawn : collection of str
        Pseudonyms of accounts, from `raw_ids.withdrawn`.
    """
    accounts = tables.read("identities")
    gone = accounts.loc[accounts["pseudonym"].isin(list(withdrawn)), "customer_id"]
    profile = tables.read("profile")["customer_id"]
    return profile[~profile.isin(gone)].tolist()


def layout(system: str, own: Mapping[str, dict[str, str]]) -> dict[str, str]:
    """What the import of another system calls the columns: as dataset.yaml says, else as layouts.yaml does.

    Raises
    ------
    ConfigurationError
        If neither knows the system.
    """
    known = yaml.safe_load(LAYOUTS.read_text(encoding="utf-8")) | dict(own)
    if system not in known:
        raise ConfigurationError(
            f"--layout {system}: known are {', '.join(known)}; others go to layouts: of dataset.yaml"
        )
    return known[system]


def laid_out(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """A table with the columns of a `layout`, in its order and no others, so that no master data is overwritten."""
    table = table.rename(columns={"customer_id": "id"})
    return table[[name for name in names if name in table]].rename(columns=names)


def called(table: pd.DataFrame, ids: pd.DataFrame | None) -> pd.DataFrame:
    """A table with the ids of a company's own system instead of pseudonyms, if they are wanted.

    Parameters
    ----------
    table : DataFrame
        A row per ``customer_id``.
    ids : DataFrame, optional
        ``id, customer_id`` of the system; customers without an id there are left out.
    """
    if ids is None:
        return table
    return ids.merge(table, on="customer_id", validate="many_to_one").drop(columns="customer_id")


def to_file(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, Excel or Parquet, by the ending of the file; texts never start a formula.

    Nobody but its owner may read the file: it has one row per customer.

    Raises
    ------
    ConfigurationError
        If the ending is another one.
    EnvironmentFailed
        If the file cannot be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise ConfigurationError(f"{path.name}: end it in {', '.join(FORMATS)}, or give {VARIABLE}VARIABLE")
    part = path.with_name(f".{path.stem}.part{path.suffix.lower()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.touch(mode=0o600)
        if path.suffix.lower() == ".parquet":
            table.to_parquet(part, index=False)
        else:
            texts = table.select_dtypes(include=["str", "object"]).columns
            harmless = table.assign(**{name: table[name].map(safe) for name in texts})
            write = harmless.to_csv if path.suffix.lower() == ".csv" else harmless.to_excel
            write(part, index=False)
        part.replace(path)
    except OSError as error:
        raise EnvironmentFailed(f"{path.name} cannot be written to {path.parent}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
