"""The company whose customers are firms: written as such systems write, the truth as it says, and flat when null."""

from __future__ import annotations

import hashlib
import itertools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.demo import make_company
from customer_profiles.demo.plan import load_plan, read_yaml
from customer_profiles.demo.wording import Dice, Wording, parse

pytestmark = pytest.mark.filterwarnings("error")

SURE = 4.0  # standard errors
ALPHA = 0.001  # per family of tests, after Bonferroni
ATTRIBUTES = ("industry", "employees_band", "revenue_band", "region", "preferred_channel", "order_channel", "favourite")


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def table(company, name: str, encoding: str = "utf-8", delimiter: str = ";") -> pd.DataFrame:
    return pd.read_csv(
        company.raw(name), sep=delimiter, encoding=encoding, dtype=str, keep_default_na=False, na_filter=False
    )


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    first, again, other = (
        hashes(make_company(tmp_path / name, customers=60, seed=seed, kind="b2b").parent)
        for name, seed in (("first", 3), ("again", 3), ("other", 4))
    )
    assert first == again
    changed = {name for name in first if first[name] != other[name]}
    unchanged = {"dataset.yaml", "raw/gebiete.csv", "raw/bevoelkerung.csv", "raw/kalender.csv"}
    assert changed == set(first) - unchanged


def test_exports_are_written_as_german_systems_write_them(firms):
    accounts = table(firms, "crm_firmen.csv", "cp1252")
    orders = table(firms, "bestellungen_2025.csv", "utf-8-sig")
    assert len(firms.table("accounts")) == 400
    assert accounts["Firma"].str.contains("[äöüß]").any()
    assert accounts["PLZ"].str.fullmatch(r"\d{5}").all()
    assert accounts["PLZ"].str.startswith("0").any()
    assert accounts["Jahresumsatz"].str.fullmatch(r"|\d{1,3}(\.\d{3})+").all()
    assert orders.loc[orders["Betrag"] != "", "Betrag"].str.fullmatch(r"\d+,\d\d").all()
    assert orders["Auftragsdatum"].str.match(r"\d\d\.\d\d\.\d{4}").all()


def test_addresses_are_invented_and_contacts_write_from_their_firm(firms):
    contacts = table(firms, "crm_kontakte.csv", "utf-8-sig")
    host = contacts["E-Mail"].str.split("@").str[1]
    assert host.str.endswith(".example").all()
    truth = firms.table("contacts").set_index("id").loc[contacts["Kontaktnr"]]
    own = ~host.isin(read_yaml("texts/firms.yaml")["free_mail_hosts"]).to_numpy()
    assert own.mean() > 0.8
    assert (contacts["Firmennr"] != "").to_numpy()[truth["by"] == "number"].all()
    assert not (contacts["Firmennr"] != "").to_numpy()[truth["by"] != "number"].any()
    # Subsidiaries share a domain; apart from them a domain is one firm's.
    group = firms.table("accounts").set_index("account")["group"]
    of_domain = pd.Series(group.loc[truth["account"]].to_numpy()[own]).groupby(host.to_numpy()[own]).nunique()
    assert (of_domain == 1).mean() > 0.97


def test_one_firm_is_written_in_several_ways_and_two_firms_in_the_same(firms):
    pairs, accounts = firms.table("duplicates"), firms.table("accounts")
    names = pd.concat(
        [
            table(firms, "crm_firmen.csv", "cp1252").set_index("Firmennr")["Firma"],
            table(firms, "erp_debitoren.csv", "cp1252").set_index("Debitor")["Name1"],
        ]
    )
    spelt = names.loc[pairs["id_a"]].to_numpy() != names.loc[pairs["id_b"]].to_numpy()
    assert 0.25 < spelt.mean() < 0.8
    assert set(pairs["link"]) == {"", "domain", "place", "gone"}
    assert (accounts["group"] != accounts["account"]).sum() >= 3
    assert accounts["namesake"].sum() >= 5


def test_the_stated_concentration_is_that_of_the_orders(firms):
    files = [table(firms, f"bestellungen_{year}.csv", "utf-8-sig") for year in (2024, 2025)]
    lines = pd.concat(files).query("Betrag != ''").drop_duplicates(["Auftrag", "Artikelnr"])
    cents = lines["Betrag"].str.replace(",", "").astype("int64")
    best = cents.groupby(lines["Debitor"]).sum().sort_values(ascending=False)
    for stated in firms.truth["concentration"]:
        share = best.head(max(1, round(stated["top"] * len(best)))).sum() / best.sum()
        assert share == pytest.approx(stated["spend_share"], abs=0.02)  # broken cells are missing here
    assert firms.truth["concentration"][2]["spend_share"] > 0.45


def test_pains_hit_the_firms_they_name(many_firms):
    accounts, contacts = (
        many_firms.table("accounts").set_index("account"),
        many_firms.table("contacts").drop_duplicates("contact"),
    )
    cases = many_firms.table("tickets")
    number = pd.crosstab(cases["contact"], cases["theme"]).reindex(contacts["contact"], fill_value=0)
    hit_by = [pain for pain in many_firms.truth["pains"] if pain["attribute"]]
    assert len(hit_by) >= 5
    for pain in hit_by:
        counts = number[pain["theme"]].to_numpy()
        hit = (accounts.loc[contacts["account"], pain["attribute"]] == pain["value"]).to_numpy()
        log_ratio = np.log(counts[hit].mean() / counts[~hit].mean())
        error = np.sqrt(1.25 / counts[hit].sum() + 1.25 / counts[~hit].sum())
        assert abs(log_ratio - np.log(pain["rate_ratio"])) < SURE * error, pain["theme"]


def test_traits_differ_from_the_reference_as_stated(many_firms):
    accounts, traits = many_firms.table("accounts"), many_firms.truth["traits"]
    assert {trait["attribute"] for trait in traits} == {"industry", "employees_band", "revenue_band", "region"}
    for trait in traits:
        share = float((accounts[trait["attribute"]] == trait["value"]).mean())
        error = np.sqrt(trait["share"] * (1 - trait["share"]) / len(accounts))
        assert abs(share - trait["share"]) < SURE * error, trait


def test_numbers_lie_in_their_bands(many_firms):
    accounts = many_firms.table("accounts")
    bands = {"1–9": (1, 9), "10–49": (10, 49), "50–249": (50, 249), "250+": (250, np.inf)}
    for band, (low, high) in bands.items():
        assert accounts.loc[accounts["employees_band"] == band, "employees"].between(low, high).all()
    assert accounts.loc[accounts["revenue_band"] == "under 2 million", "revenue"].lt(2_000_000).all()


def test_visits_begin_without_a_login(firms):
    visits = firms.table("visits")
    known = visits[visits["contact"] >= 0]
    first = known.sort_values("minute", kind="stable").groupby("visitor")["logged_in"].first()
    assert 0.02 < first.mean() < 0.4
    assert not visits.loc[visits["contact"] < 0, "logged_in"].any()
    accounts = known[known["logged_in"]].groupby("visitor")["account"].nunique()
    assert (accounts > 1).any()


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_fragment_can_be_read_and_no_text_shows_how_it_was_made(language):
    tickets = read_yaml(f"texts_b2b/tickets_{language}.yaml")
    assert set(tickets["themes"]) == set(load_plan(kind="b2b").pains)
    for theme in tickets["themes"].values():
        assert len(theme["says"]) >= 10
        for text in (*theme["says"], *theme["adds"]):
            parse(text)
    wording, dice = Wording(language, "texts_b2b"), Dice(np.random.default_rng(1))
    themes = list(wording.themes)
    for _ in range(1500):
        theme, second, tone = dice.one(themes), dice.one(themes), dice.one(["positive", "neutral", "negative"])
        about = dice.one(["shop", "service", "product"])
        for text in (wording.ticket(dice, [theme, second]), wording.comment(dice, tone, theme, about)):
            assert not re.search(r"[{}|()]|  | [.,!?]|\.\.", text), text
            assert text[0] == text[0].upper(), text


def test_in_a_null_company_nothing_depends_on_anything(null_firms):
    assert null_firms.truth["null"] is True
    assert null_firms.truth["traits"] == null_firms.truth["segments"] == []
    accounts, contacts, cases = null_firms.table("accounts"), null_firms.table("contacts"), null_firms.table("tickets")

    def p(first: pd.Series, second: pd.Series) -> float:
        counts = pd.crosstab(first.to_numpy(), second.to_numpy())
        counts = counts.loc[counts.sum(axis=1) > 60, counts.sum() > 60]
        return float(stats.chi2_contingency(counts).pvalue)

    pairs = list(itertools.combinations(ATTRIBUTES, 2))
    assert min(p(accounts[a], accounts[b]) for a, b in pairs) * len(pairs) > ALPHA
    of_firm = accounts.set_index("account").loc[cases["account"]]
    assert min(p(cases["theme"], of_firm[name]) for name in ATTRIBUTES) * len(ATTRIBUTES) > ALPHA
    per_firm = contacts.drop_duplicates("contact").groupby("account").size()
    assert per_firm.nunique() == 1  # else firms with more contacts would have more of everything
    number = cases.groupby("account").size().reindex(accounts["account"], fill_value=0)
    visits = null_firms.table("visits").query("account >= 0").groupby("account")["session"].nunique()
    visits = visits.reindex(accounts["account"], fill_value=0)
    together = [stats.spearmanr(number, accounts["spend_eur"]), stats.spearmanr(number, visits)]
    assert min(found.pvalue for found in together) * len(together) > ALPHA
