"""Values that spreadsheets, databases and people write in their own way, through a whole run."""

from __future__ import annotations

import pandas as pd
import pytest
from ingest.hazards import amounts, crm, customers_of, detected, hides, orders, refused, set_aside

NO_NUMBER = "not a number in the declared format"
NO_DAY = "not a day as written in the declared format"
NO_TIME = "not a point in time as written in the declared format"


def lines(*written: str, at: str = "2025-01-01") -> str:
    """Order lines, each with another id and one of these amounts."""
    return "id;at;amount\n" + "".join(f"K{i};{at};{amount}\n" for i, amount in enumerate(written))


def times(*written: str) -> str:
    """Order lines, each at one of these times."""
    return "id;at;amount\n" + "".join(f"K{i};{at};{i}\n" for i, at in enumerate(written))


def days(*written: str) -> str:
    """Customers, each born on one of these days."""
    return "id;born\n" + "".join(f"K{i};{day}\n" for i, day in enumerate(written))


def at(company) -> list[pd.Timestamp]:
    """Times of the order lines."""
    return company.tables.read("transactions")["at"].tolist()


def born(company) -> list:
    """Days of birth in the order of the customers' ids in the file."""
    return company.tables.read("customers").birth_date.tolist()


BORN = {"birth_date": "born"}


class TestIds:
    def test_leading_zeros(self, company):
        company.collect(crm(company, "id,plz\n007,01067\n7,1067\n", {"postal_code": "plz"}))
        assert customers_of(company, "postal_code") == [["01067"], ["1067"]]

    def test_beyond_floating_point(self, company):
        source = orders(company, "id,at,amount\n9007199254740993,2025-01-01,1\n9007199254740992,2025-01-01,2\n")
        company.collect(crm(company, "id\n9007199254740992\n9007199254740993\n"), source)
        assert company.tables.read("transactions").customer_no.tolist() == [1, 0]

    @pytest.mark.parametrize("written", ["1.23457E+12", "1,23457E+12", "4E+15", "9.00720e+15"])
    def test_shortened_by_a_spreadsheet(self, company, written):
        collected = company.collect(crm(company, f"id;x\n{written};1\nK2;1\n"))
        ((row, column, reason),) = set_aside(collected)
        assert (row, column) == (2, "id")
        assert "its last digits are lost; export it as text" in reason
        hides(collected, written)

    @pytest.mark.parametrize("written", ["1E5", "12E34", "E+12", "1.5"])
    def test_ids_that_only_look_shortened(self, company, written):
        assert len(company.collect(crm(company, f"id;x\n{written};1\n")).set_aside) == 0

    @pytest.mark.parametrize("word", ["NULL", "null", "None", "NaN", "undefined", "(null)"])
    def test_a_word_for_no_id(self, company, word):
        """Many orders of nobody would else be those of one very good customer."""
        text = f"id,at,amount\n{word},2025-01-01,1\n{word},2025-01-02,2\nK1,2025-01-03,3\n"
        collected = company.collect(orders(company, text))
        reason = "a word for 'no value'; name it under 'empty' if it is one"
        assert set_aside(collected) == [[2, "id", reason], [3, "id", reason]]
        assert amounts(company) == [3]
        collected = company.collect(orders(company, text, empty=["", word]))
        assert {reason for _, _, reason in set_aside(collected)} == {"a required value is missing"}

    @pytest.mark.parametrize("text", ["Null", "NA", "NO", "None", "nan", "TRUE", "N/A"])
    def test_words_that_are_names(self, company, text):
        columns = {"city": "city", "last_name": "name"}
        collected = company.collect(crm(company, f"id,city,name\n1,{text},{text}\n", columns))
        assert customers_of(company, "city") == [[text]]
        assert collected.completeness.set_index("field")["n"].to_dict() == {"customer_id": 1, "city": 1, "last_name": 1}

    def test_two_letters_for_a_country(self, company):
        text = "area;n\nNA;5\nNO;7\n"
        company.write("a.csv", text)
        areas = {"name": "a", "system": "external_database", "path": "a.csv", "table": "areas"}
        company.collect(crm(company, "id\n1\n"), {**areas, "columns": {"area": "area", "population": "n"}})
        assert company.tables.read("areas").area.tolist() == ["NA", "NO"]


class TestNumbers:
    @pytest.mark.parametrize(
        ("written", "read", "signs"),
        [
            (["12.50", "7"], [12.5, 7], {"decimal": "."}),
            (["12,50", "7"], [12.5, 7], {"decimal": ","}),
            (["1.234,50", "1.234"], [1234.5, 1234], {"decimal": ",", "thousands": "."}),
            (["1,234.50", "1,234"], [1234.5, 1234], {"decimal": ".", "thousands": ","}),
            (["1.234.567", "1.234"], [1234567, 1234], {"decimal": ",", "thousands": "."}),
            (["1 234,50", "7"], [1234.5, 7], {"decimal": ",", "thousands": " "}),
            (["1\u202f234,50", "1\u00a0000"], [1234.5, 1000], {"decimal": ",", "thousands": " "}),
            (["1'234.50", "7"], [1234.5, 7], {"decimal": ".", "thousands": "'"}),
            (["0.125", "1.234"], [0.125, 1.234], {"decimal": "."}),
            (["12.5", "1,234"], [12.5, 1234], {"decimal": ".", "thousands": ","}),
            (["7", "80"], [7, 80], {}),
            (["-12,5", "+3"], [-12.5, 3], {"decimal": ","}),
        ],
    )
    def test_told_by_the_cells(self, company, written, read, signs):
        collected = company.collect(orders(company, lines(*written)))
        assert amounts(company) == read
        told = detected(collected)
        assert {name: told[name] for name in ("decimal", "thousands") if name in told} == signs

    @pytest.mark.parametrize("written", [["1.234"], ["1,234", "7"], ["12,500", "-1,000"]])
    def test_thousands_only(self, company, written):
        sign = "," if "," in written[0] else "."
        source = orders(company, lines(*written))
        refused(
            company,
            source,
            match=rf"orders\.csv, row 2, column 'amount': in [9]+\{sign}999 the sign '\{sign}' may be a decimal or a "
            "thousands sign; set 'decimal' in dataset.yaml",
            hidden=(written[0],),
        )
        company.collect({**source, "decimal": sign})
        assert amounts(company)[0] == float(written[0].replace(",", "."))
        company.collect({**source, "decimal": {".": ",", ",": "."}[sign], "thousands": sign})
        assert amounts(company)[0] == float(written[0].replace(sign, ""))

    def test_a_later_cell_settles_it(self, company, monkeypatch):
        from customer_profiles.ingest.readers import csv_file

        monkeypatch.setattr(csv_file, "CHUNK_ROWS", 2)
        company.write("orders_2.csv", lines("8", "0,99"))
        collected = company.collect(orders(company, lines("1.234", "2", "3"), path="orders*.csv"))
        assert amounts(company) == [1234, 2, 3, 8, 0.99]
        assert detected(collected)["thousands"] == "."

    @pytest.mark.parametrize("written", [["12,50", "12.50"], ["1.234,5", "1,234.5"], ["0,5", "1,234.50"]])
    def test_mixed_decimal_marks(self, company, written):
        source = orders(company, lines(*written))
        message = refused(company, source, match="numbers are written in two ways", hidden=tuple(written))
        assert "set 'decimal' and 'thousands' in dataset.yaml, the rows written otherwise are then set aside" in message
        assert "orders.csv, row 2, column 'amount'" in message
        collected = company.collect({**source, "decimal": ",", "thousands": "."})
        assert (3, "amount", NO_NUMBER) in {tuple(row) for row in set_aside(collected)}
        hides(collected, *written)

    def test_once_settled_other_marks_are_set_aside(self, company, monkeypatch):
        from customer_profiles.ingest.readers import csv_file

        monkeypatch.setattr(csv_file, "CHUNK_ROWS", 2)
        collected = company.collect(orders(company, lines("1,5", "2,5", "3.5", "4,5")))
        assert amounts(company) == [1.5, 2.5, 4.5]
        assert set_aside(collected) == [[4, "amount", NO_NUMBER]]

    @pytest.mark.parametrize(
        "written",
        [
            *(
                "inf",
                "-Infinity",
                "nan",
                "1,2,3",
                "12.34.567",
            ),
            *("0x1F", "1_000", "１２", "5%", "#N/A", "1/2", "--5", "+", ",", "1e400", "1.2345.678"),
        ],
    )
    def test_what_is_no_number(self, company, written):
        collected = company.collect(orders(company, lines("1,5", written, "2"), decimal=",", thousands="."))
        assert set_aside(collected) == [[3, "amount", NO_NUMBER]]
        assert amounts(company) == [1.5, 2]
        if len(written) > 3:
            hides(collected, written)
        undeclared = company.collect(orders(company, lines("1,5", written, "2")))
        assert undeclared.set_aside.row.tolist() == [3]

    def test_a_sign_of_a_currency_nobody_declared(self, company):
        collected = company.collect(orders(company, lines("1,5", "12,50 EUR", "2"), decimal=",", thousands="."))
        ((row, column, reason),) = set_aside(collected)
        assert (row, column) == (3, "amount")
        assert "set 'sign'" in reason
        assert amounts(company) == [1.5, 2]
        hides(collected, "12,50 EUR")

    @pytest.mark.parametrize("written", ["5,00-", "(5,00)", "'-5,00", "\u22125", "  5,00 -"])
    def test_minus_in_other_ways(self, company, written):
        company.collect(orders(company, lines("1,5", written), decimal=","))
        assert amounts(company) == [1.5, -5]

    @pytest.mark.parametrize("written", ["€5", "5 €", "-€5,00", "5,00€"])
    def test_sign_of_the_currency_is_declared(self, company, written):
        told = company.collect(orders(company, lines("1,5", written, "2"), decimal=","))
        assert set_aside(told) == [
            [3, "amount", "a number with a currency sign; if all amounts are in that currency, set 'sign' to it"]
        ]
        company.collect(orders(company, lines("1,5", written), decimal=",", sign="€"))
        assert [abs(amount) for amount in amounts(company)] == [1.5, 5]

    def test_every_amount_has_a_currency_sign(self, company):
        message = refused(
            company, orders(company, lines("5 €", "7 €")), match="none of 2 rows fits", hidden=("5 €", "7 €")
        )
        assert "row 2, column 'amount'" in message

    def test_one_column_in_another_notation(self, company):
        text = "id;at;amount;rate\nK1;2025-01-01;1,50;0.5\nK2;2025-01-01;2,50;0.25\n"
        source = orders(company, text, {"discount": "rate"})
        refused(company, source, match="numbers are written in two ways")
        source["columns"]["discount"] = {"column": "rate", "decimal": "."}
        company.collect(source)
        assert amounts(company) == [1.5, 2.5]
        assert company.tables.read("transactions").discount.tolist() == [0.5, 0.25]

    def test_codes_and_ids_tell_nothing_about_numbers(self, company):
        company.collect(orders(company, "id;at;amount;x\n1.234;2025-01-01;1,50;12.5\n", {"product_id": "x"}))
        assert amounts(company) == [1.5]
        assert company.tables.read("transactions").product_id.tolist() == ["12.5"]


class TestDays:
    @pytest.mark.parametrize(
        ("written", "form"),
        [
            (["1985-12-31", "1990-02-01"], "%Y-%m-%d"),
            (["31.12.1985", "01.02.1990"], "%d.%m.%Y"),
            (["31.12.1985", "1.2.1990"], "%d.%m.%Y"),
            (["01.02.1990", "03.04.1991"], "%d.%m.%Y"),
            (["31/12/1985", "01/02/1990"], "%d/%m/%Y"),
            (["12/31/1985", "02/01/1990"], "%m/%d/%Y"),
            (["31-12-1985", "01-02-1990"], "%d-%m-%Y"),
            (["1985/12/31", "1990/02/01"], "%Y/%m/%d"),
            (["19851231", "19900201"], "%Y%m%d"),
        ],
    )
    def test_told_by_the_cells(self, company, written, form):
        collected = company.collect(crm(company, days(*written), BORN))
        assert born(company) == [pd.to_datetime(day, format=form) for day in written]
        assert detected(collected)["date"] == form

    @pytest.mark.parametrize(("day", "sign"), [("01/02/1990", "/"), ("1-2-1990", "-")])
    def test_day_and_month_that_cannot_be_told_apart(self, company, day, sign):
        source = crm(company, days("03/03/1980".replace("/", sign), day), BORN)
        message = refused(company, source, match=r"crm\.csv, row 3, column 'born': in .* day and month", hidden=(day,))
        assert f'set \'date\' to "%d{sign}%m{sign}%Y" or "%m{sign}%d{sign}%Y" in dataset.yaml' in message
        company.collect({**source, "date": f"%m{sign}%d{sign}%Y"})
        assert born(company)[1] == pd.Timestamp("1990-01-02")

    def test_equal_day_and_month_need_no_telling(self, company):
        text = days("03/03/1980", "05/05/1981")
        collected = company.collect(crm(company, text, BORN, date="%d/%m/%Y"))
        assert born(company) == [pd.Timestamp("1980-03-03"), pd.Timestamp("1981-05-05")]
        assert "date" not in detected(collected)

    def test_another_column_settles_it(self, company):
        text = "id;born;since\nK1;01/02/1990;31/12/2020\nK2;03/04/1990;01/01/2021\n"
        company.collect(crm(company, text, {**BORN, "signup_date": "since"}))
        assert born(company) == [pd.Timestamp("1990-02-01"), pd.Timestamp("1990-04-03")]

    def test_31_february(self, company):
        collected = company.collect(crm(company, days("31.12.1985", "31.02.1985", "30.02.1985"), BORN))
        assert set_aside(collected) == [[3, "born", NO_DAY], [4, "born", NO_DAY]]
        hides(collected, "31.02")

    def test_iso_among_german_days(self, company):
        source = crm(company, days("31.12.1985", "1985-12-31", "01.02.1990"), BORN)
        message = refused(
            company, source, match=r"days are written in 2 ways \(%Y-%m-%d, %d\.%m\.%Y\)", hidden=("1985",)
        )
        assert "set 'date' in dataset.yaml, the rows written otherwise are then set aside" in message
        assert set_aside(company.collect({**source, "date": "%d.%m.%Y"})) == [[3, "born", NO_DAY]]

    def test_month_first_among_others(self, company):
        source = crm(company, days("31/12/1985", "12/31/2020", "01/02/1990"), BORN)
        refused(company, source, match="days are written in 2 ways", hidden=("12/31", "31/12"))
        assert set_aside(company.collect({**source, "date": "%d/%m/%Y"})) == [[3, "born", NO_DAY]]

    @pytest.mark.parametrize(
        "day", ["12/31/2020", "31.12.85", "Dec 31, 2020", "31. Dezember 2020", "2020-13-01", "today"]
    )
    def test_other_forms_among_declared_days(self, company, day):
        collected = company.collect(crm(company, days("31.12.1985", day), BORN, date="%d.%m.%Y"))
        assert set_aside(collected) == [[3, "born", NO_DAY]]
        hides(collected, day)

    def test_years_of_two_digits(self, company):
        source = crm(company, days("31.12.85", "01.02.20"), BORN)
        refused(company, source, match=r"row 2, column 'born': 99\.99\.99 has a year of two digits; set 'date'")
        collected = company.collect({**source, "date": "%d.%m.%y"})
        assert set_aside(collected) == [[3, "born", "a year of two digits that may be of two centuries"]]
        assert born(company) == [pd.Timestamp("1985-12-31")]

    def test_nobody_is_born_in_a_later_year_of_two_digits(self, company):
        company.collect(crm(company, days("01.01.45", "01.01.68"), BORN, date="%d.%m.%y"))
        assert born(company) == [pd.Timestamp("1945-01-01"), pd.Timestamp("1968-01-01")]

    @pytest.mark.parametrize("day", ["31412", "45291", "45291.5", "45291,75"])
    def test_days_as_excel_counts_them(self, company, day):
        collected = company.collect(crm(company, days("1985-12-31", day), BORN))
        ((row, column, reason),) = set_aside(collected)
        assert (row, column) == (3, "born")
        assert "a bare number, as Excel counts days; format the column as dates there" in reason
        hides(collected, day)

    @pytest.mark.parametrize("day", ["01.01.1900", "31.12.1899", "01.01.0001", "31.12.9999"])
    def test_placeholder_days(self, company, day):
        collected = company.collect(crm(company, days("31.12.1985", day), BORN))
        assert company.tables.read("customers").birth_date.isna().tolist() == [False, True]
        assert "placeholder day" in collected.cleaning.reason.tolist()
        source = orders(company, times("31.12.2024", day))
        assert set_aside(company.collect(source)) == [[3, "at", "a placeholder day, not a real one"]]

    def test_after_the_date_of_the_run(self, company):
        collected = company.collect(orders(company, times("2025-12-31", "2026-01-01", "2031-05-01")))
        assert amounts(company) == [0]
        assert collected.exclusions.to_numpy().tolist() == [["orders", "after the date of the run", 2]]

    def test_born_after_the_date_of_the_run(self, company):
        assert set_aside(company.collect(crm(company, days("1985-12-31", "2026-01-01"), BORN))) == [
            [3, "born", "in the future"]
        ]


class TestTimes:
    @pytest.mark.parametrize(
        ("written", "form"),
        [
            ("31.12.2024 23:59", "%d.%m.%Y %H:%M"),
            ("31.12.2024 23:59:00", "%d.%m.%Y %H:%M:%S"),
            ("12/31/2024 11:59 PM", "%m/%d/%Y %I:%M %p"),
            ("2024/12/31 23:59", "%Y/%m/%d %H:%M"),
            ("2024-12-31T23:59+01:00", "ISO 8601"),
        ],
    )
    def test_told_by_the_cells(self, company, written, form):
        collected = company.collect(orders(company, times(written)), time_zone="Europe/Berlin")
        assert at(company) == [pd.Timestamp("2024-12-31 23:59")]
        assert detected(collected)["datetime"] == form

    def test_german_days_beside_iso_times(self, company):
        text = "id;at;amount;closed\nK1;2025-01-01T10:00;1;31.01.2025\n"
        source = {
            **orders(company, text),
            "table": "tickets",
            "columns": {"customer_id": "id", "opened_at": "at", "closed_at": "closed"},
        }
        company.collect(crm(company, "id\nK1\n"), source)
        ticket = company.tables.read("tickets").iloc[0]
        assert (ticket.opened_at, ticket.closed_at) == (pd.Timestamp("2025-01-01 10:00"), pd.Timestamp("2025-01-31"))

    def test_times_that_begin_later_than_days(self, company, monkeypatch):
        from customer_profiles.ingest.readers import csv_file

        monkeypatch.setattr(csv_file, "CHUNK_ROWS", 1)
        text = "id;at;amount\nK1;31.12.2024;1\nK2;30.12.2024 23:59;2\n"
        company.collect(orders(company, text))
        assert at(company) == [pd.Timestamp("2024-12-31"), pd.Timestamp("2024-12-30 23:59")]

    def test_an_hour_that_the_clock_change_skips(self, company):
        source = orders(company, times("2025-03-30 01:59", "2025-03-30 02:30", "2025-03-30 03:00"))
        collected = company.collect(source, time_zone="Europe/Berlin")
        assert set_aside(collected) == [[3, "at", "an hour that does not exist: the clock change skips it"]]
        assert amounts(company) == [0, 2]

    def test_an_hour_that_the_clock_change_repeats(self, company):
        """As local time it is what is written; in another zone it would be one hour or the next."""
        source = orders(company, times("2025-10-26 02:30", "2025-10-26 04:00"))
        company.collect(source, time_zone="Europe/Berlin")
        assert at(company)[0] == pd.Timestamp("2025-10-26 02:30")
        collected = company.collect({**source, "time_zone": "Europe/Berlin"}, time_zone="America/New_York")
        ((row, column, reason),) = set_aside(collected)
        assert (row, column) == (2, "at")
        assert "repeats; export times with their offset or in UTC" in reason
        assert at(company) == [pd.Timestamp("2025-10-25 23:00")]

    def test_mixed_offsets(self, company):
        source = orders(company, times("2025-07-01T22:30:00Z", "2025-07-02T00:30:00+02:00", "2025-10-26T02:30:00+0100"))
        company.collect(source, time_zone="Europe/Berlin")
        assert at(company) == [pd.Timestamp("2025-07-02 00:30")] * 2 + [pd.Timestamp("2025-10-26 02:30")]

    def test_days_do_not_move_between_zones(self, company):
        """A day begins in each zone at its own midnight; moved, the first would be the last of the month before."""
        source = orders(company, times("2025-07-01", "2025-07-02"), time_zone="Asia/Tokyo")
        company.collect(source, time_zone="Europe/Berlin")
        assert at(company) == [pd.Timestamp("2025-07-01"), pd.Timestamp("2025-07-02")]

    def test_days_of_birth_do_not_move_either(self, company):
        company.write("crm.csv", "id;born\nK1;1985-03-01\n")
        company.collect(crm(company, days("1985-03-01"), BORN, time_zone="Asia/Tokyo"), time_zone="Europe/Berlin")
        assert born(company) == [pd.Timestamp("1985-03-01")]

    def test_seconds_since_1970_are_declared(self, company):
        told = company.collect(orders(company, times("2025-01-01 10:00", "1735689600")))
        assert "datetime: unix" in set_aside(told)[0][2]
        company.collect(orders(company, times("1735689600"), datetime="unix"))
        assert company.tables.read("transactions")["at"].tolist() == [pd.Timestamp("2025-01-01 01:00")]

    @pytest.mark.parametrize("written", ["2025-01-01 25:00", "2025-01-01 10:61", "10:30", "2025-01-01X10:00"])
    def test_what_is_no_time(self, company, written):
        collected = company.collect(orders(company, times("2025-01-01 10:00", written)))
        assert set_aside(collected) == [[3, "at", NO_TIME]]
        hides(collected, written)


class TestRows:
    def test_duplicate_rows(self, company):
        collected = company.collect(orders(company, lines("1.5", "2.5") * 2, duplicates="drop"))
        counts = collected.reconciliation.iloc[0]
        assert (counts["read"], counts.used, counts.set_aside, counts.duplicate) == (5, 2, 1, 2)

    def test_one_customer(self, company):
        company.collect(crm(company, "id,born\nK1,1985-12-31\n", BORN))
        assert len(company.tables.read("customers")) == 1

    def test_empty_and_constant_columns(self, company):
        text = "id,born,city,plz\nK1,,Bonn,\nK2,,Bonn,\n"
        columns = {**BORN, "city": "city", "postal_code": "plz"}
        collected = company.collect(crm(company, text, columns))
        assert customers_of(company, "city") == [["Bonn"], ["Bonn"]]
        assert company.tables.read("customers")[["birth_date", "postal_code"]].isna().all().all()
        assert collected.completeness.set_index("field")["n"].to_dict()["birth_date"] == 0
        assert len(collected.set_aside) == 0

    @pytest.mark.parametrize(
        "word", ["perhaps", "?", "2", "", "ok", "NULL", "nein", "ja?", "widerrufen", "unsubscribed"]
    )
    def test_unknown_words_for_consent_are_no_consent(self, company, word):
        collected = company.collect(crm(company, f"id,ok,x\n1,yes,a\n2,{word},b\n", {"consent": "ok"}))
        assert len(company.tables.read("customers")) == 1
        counts = collected.reconciliation.iloc[0]
        assert (counts.used, counts.set_aside, counts.excluded) == (1, 0, 1)

    def feedback(self, company, text: str, **columns) -> dict:
        company.write("f.csv", text)
        mapped = {"customer_id": "id", "at": "at", "score": "score", **columns}
        return {"name": "f", "system": "survey", "path": "f.csv", "table": "feedback", "columns": mapped}

    @pytest.mark.parametrize(
        ("metric", "score"),
        [("nps", "11"), ("nps", "-1"), ("csat", "6"), ("csat", "0"), ("ces", "8"), ("stars", "5.5")],
    )
    def test_scores_out_of_range(self, company, metric, score):
        source = self.feedback(
            company, f"id,at,score\nK1,2025-01-01,{score}\nK1,2025-01-02,3\n", metric={"value": metric}
        )
        collected = company.collect(crm(company, "id\nK1\n"), source)
        ((row, column, reason),) = set_aside(collected)
        assert (row, column) == (2, "score")
        assert reason.startswith("outside")
        assert company.tables.read("feedback").score.tolist() == [3]

    def test_feedback_of_an_unknown_customer(self, company):
        source = self.feedback(company, "id,at,score\nK1,2025-01-01,9\nK9,2025-01-01,1\n", metric={"value": "nps"})
        company.collect(crm(company, "id\nK1\n"), source)
        answers = company.tables.read("feedback")
        assert answers.customer_no.tolist() == [0, 1]  # nobody else's answer, and a customer known from it alone
        assert company.tables.read("customers").sources.tolist() == [2, 1]

    def test_one_id_with_two_persons(self, company):
        text = (
            "id,name,mail,born\nK1,Anna Alt,anna@x.de,1980-01-01\nK1,Ben Neu,ben@y.de,1990-05-05\nK2,Eva Rot,e@x.de,\n"
        )
        columns = {"name": "name", "email": "mail", **BORN}
        collected = company.collect(crm(company, text, columns))
        ((first, _, reason), (second, _, _)) = set_aside(collected)
        assert (first, second) == (2, 3)
        assert reason == "one id for two different persons; mend it in the source"
        hides(collected, "Anna", "Ben", "K1")

    def test_one_id_with_a_person_who_changed(self, company):
        text = "id,name,mail\nK1,Anna Alt,anna@x.de\nK1,Anna Neu,anna@y.de\nK2,Ben Alt,b@x.de\nK2,Ben Alt,b2@x.de\n"
        collected = company.collect(crm(company, text, {"name": "name", "email": "mail"}))
        assert collected.reconciliation.duplicate.tolist() == [2]
        assert len(collected.set_aside) == 0

    def test_one_address_with_two_ids(self, company):
        text = (
            "id,name,mail\nK1,Anna Alt,a@x.de\nK2,Anna Alt,A@X.DE\nK3,Ben Alt,family@x.de\nK4,Carla Alt,family@x.de\n"
        )
        company.collect(crm(company, text, {"name": "name", "email": "mail"}))
        identities = company.tables.read("identities")
        assert identities.groupby("customer_no").size().tolist() == [2, 1, 1]
