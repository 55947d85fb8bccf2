"""How the CRM and the ERP each write the same firm, and what its contacts are filed as."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .draws import choose, scatter, some
from .people import latin, places
from .plan import Plan, read_yaml
from .records import misspell

GONE = "gone"


def crm_accounts(rng: np.random.Generator, plan: Plan, firms: pd.DataFrame) -> pd.DataFrame:
    """The CRM's accounts: one row per firm known to it, a few firms twice.

    Returns
    -------
    DataFrame
        The columns of `firms` with ``crm_id``; a missing cell is an empty text.
    """
    crm = firms[firms["in_crm"]].copy()
    crm["crm_id"] = [f"{number:06d}" for number in scatter(crm["person"], 48_271, 999_983)]
    twice = crm[some(rng, len(crm), plan["sources"]["crm_twice"])].copy()
    twice["crm_id"] = [f"{number:06d}" for number in scatter(twice["person"] + 500_000, 48_271, 999_983)]
    if plan.linked:
        twice["company"] = _respelt(rng, plan, twice)
    crm = pd.concat([crm, twice], ignore_index=True)
    for column, share in plan["missing"].items():
        if column in crm:
            crm[column] = crm[column].astype(object).where(~some(rng, len(crm), share), "")
    return crm


def erp_accounts(rng: np.random.Generator, plan: Plan, firms: pd.DataFrame) -> pd.DataFrame:
    """The ERP's debtors: one row per firm that buys, as accounting types it.

    Returns
    -------
    DataFrame
        The columns of `firms` with ``erp_id``, ``email`` (for invoices) and ``link``: what a debtor has in common with
        the CRM's account (domain, place or, of a firm that moved under another name, nothing: gone; empty if only the
        ERP knows the firm).
    """
    erp, spelling = firms[firms["in_shop"]].reset_index(drop=True), plan["spelling"]
    n = len(erp)
    erp["erp_id"] = [f"D{number:07d}" for number in scatter(erp["person"], 69_621, 9_999_991)]
    erp["company"] = _respelt(rng, plan, erp)
    local = choose(rng, ["rechnung", "buchhaltung", "accounting"], n)
    erp["email"] = np.where(erp["domain"] != "", local + "@" + erp["domain"], "")
    bare = some(rng, n, spelling["no_domain"]) if plan.linked else np.zeros(n, dtype=bool)
    erp.loc[bare, ["email", "domain"]] = ""
    moved = some(rng, n, spelling["moved"]) & plan.linked
    names = read_yaml("texts/names.yaml")
    streets, numbers = choose(rng, names["streets"], n), rng.integers(1, 140, n).astype(str)
    erp["street"] = np.where(moved, streets + " " + numbers.astype(object), erp["street"])
    gone = (some(rng, n, spelling["gone"]) & plan.linked) & (erp["group"] == erp["person"]).to_numpy()
    stems = choose(rng, read_yaml("texts/firms.yaml")["stems"], gone.sum())
    erp.loc[gone, "company"] = stems + " Beteiligungen GmbH"
    elsewhere = places().sample(gone.sum(), replace=True, random_state=rng)
    erp.loc[gone, ["postal_code", "city"]] = elsewhere[["postal_code", "city"]].to_numpy()
    erp.loc[gone, "street"] = choose(rng, names["streets"], gone.sum()) + " 1"
    erp.loc[gone, ["email", "domain"]] = ""
    link = np.where(gone, GONE, np.where(erp["domain"] != "", "domain", "place"))
    erp["link"] = np.where(erp["in_crm"], link, "")
    return erp


def contact_records(rng: np.random.Generator, plan: Plan, contacts: pd.DataFrame, crm: pd.DataFrame) -> pd.DataFrame:
    """The CRM's contacts, a few persons twice, with ``contact_id`` and ``account_id`` (empty: not given)."""
    account = crm.drop_duplicates("person").set_index("person")["crm_id"]
    rows = contacts.copy()
    rows["contact_id"] = [f"K{number:07d}" for number in scatter(rows["person"], 48_271, 9_999_991)]
    twice = rows[some(rng, len(rows), plan["sources"]["contact_twice"])].copy()
    twice["contact_id"] = [f"K{number:07d}" for number in scatter(twice["person"] + 5_000_000, 48_271, 9_999_991)]
    rows = pd.concat([rows, twice], ignore_index=True)
    rows["account_id"] = rows["firm"].map(account).where(rows["declared"], "")
    rows.loc[rows["nowhere"], ["company", "postal_code", "city"]] = ""
    return rows


def _respelt(rng: np.random.Generator, plan: Plan, firms: pd.DataFrame) -> pd.Series:
    """Names as another department writes them; in a null company as they are."""
    if not plan.linked:
        return firms["company"]
    n, spelling, words = len(firms), plan["spelling"], read_yaml("texts/firms.yaml")
    in_full = firms["form"].map(words["in_full"]).fillna(firms["form"])
    form = firms["form"].where(~some(rng, n, spelling["form_in_full"]), in_full)
    core = firms["core"].reset_index(drop=True)
    typo = some(rng, n, spelling["typo"])
    core[typo] = misspell(rng, core[typo])
    plain = some(rng, n, spelling["spelled_out"])
    core[plain] = core[plain].map(latin)
    name = core + " " + form.reset_index(drop=True)
    name = name.where(~some(rng, n, spelling["no_form"]), core)
    name = name.where(~some(rng, n, spelling["upper"]), name.map(str.upper))
    return name.str[: plan["name_limit"]].str.strip().set_axis(firms.index)
