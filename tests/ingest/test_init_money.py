"""What `init` takes for the amount of an order line, and when it asks: prices, taxes, discounts, totals, equal rows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from own_exports import ORDER, PEOPLE, PERSON, ROWS, Folder, orders


@pytest.fixture
def exports(tmp_path):
    return Folder(tmp_path).add("customers.csv", PERSON, PEOPLE)


def described(exports, columns, cells, lines=1):
    """The source of a file of orders, and what of it waits for a person."""
    exports.add("orders.csv", [*ORDER, *columns], orders(cells, lines))
    sources, proposal = exports.init()
    return sources["orders.csv"], [point for point in proposal.open if point.startswith(("amount", "duplicates"))]


def amount_of(source):
    """Columns that are multiplied, or the one that is taken as it stands."""
    amount = source["columns"]["amount"]
    return amount.get("product", amount) if isinstance(amount, dict) else amount


def pieces(n):
    return n % 3 + 1


HEADINGS = [("Price", "Qty"), ("Preis", "Menge"), ("Verkaufspreis", "Anzahl"), ("selling_price", "units")]


@pytest.mark.parametrize(("price", "quantity"), HEADINGS)
def test_a_price_of_which_nothing_tells_the_kind_is_asked_about(exports, price, quantity):
    source, asked = described(exports, [quantity, price], lambda n, line: [pieces(n), f"{n + 5}.40"])
    assert amount_of(source) == [price, quantity]
    assert asked == [
        f"amount: is '{price}' the price of one piece, to be multiplied by '{quantity}'? "
        f"write 'amount: {price}' if it is that of the whole line"
    ]


@pytest.mark.parametrize(("price", "quantity"), [*HEADINGS, ("Item price", "Quantity")])
@pytest.mark.parametrize("of_line", [True, False])
def test_totals_of_orders_tell_what_a_price_is(exports, price, quantity, of_line):
    def cells(n, line):
        one, total = n + 5.4 + line, sum((n + 5.4 + k) * (pieces(n) + k) for k in range(2))
        many = pieces(n) + line
        return [many, f"{one * many if of_line else one:.2f}", f"{total + 4.9:.2f}", "4.90"]

    source, asked = described(exports, [quantity, price, "Grand total", "Shipping"], cells, lines=2)
    assert asked == []
    if not of_line:
        assert amount_of(source) == [price, quantity]
    else:
        assert amount_of(source) == price or source["once"] == {"Order Number": ["Grand total"]}


@pytest.mark.parametrize("goods", ["Artikelname", "Product name", "sku"])
@pytest.mark.parametrize("of_line", [True, False])
def test_what_was_sold_tells_what_a_price_is(exports, goods, of_line):
    def cells(n, line):
        one, many = n % 4 + 5, n // 4 % 3 + 1
        return [f"Tent {n % 4}", many, f"{one * many if of_line else one}.00"]

    source, asked = described(exports, [goods, "Menge", "Preis"], cells)
    assert (amount_of(source), asked) == ("Preis" if of_line else ["Preis", "Menge"], [])


TAXED = [
    ("Nettobetrag", "Bruttobetrag"),
    ("amount_net", "amount_total"),
    ("Amount", "Amount Including VAT"),
    ("Umsatz netto", "Umsatz brutto"),
    ("Net amount", "Gross amount"),
]


@pytest.mark.parametrize(("net", "gross"), TAXED)
def test_what_customers_pay_is_with_tax_and_the_other_column_is_named(exports, net, gross):
    source, asked = described(exports, [net, gross], lambda n, line: [f"{n + 5:.2f}", f"{(n + 5) * 1.19:.2f}"])
    text = (exports.folder / "dataset.yaml").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if line.lstrip().startswith("amount:")]
    assert (source["columns"]["amount"], asked) == (gross, [])
    assert f"with tax, as customers pay it; without it is '{net}'" in line


@pytest.mark.parametrize("tax", ["Tax", "MwSt", "VAT amount", "Umsatzsteuer"])
def test_a_column_of_tax_tells_which_is_with_it_whatever_they_are_called(exports, tax):
    def cells(n, line):
        net, rate = n + 5.0, [0.07, 0.19, 0.0][n % 3]
        return [f"{net:.2f}", f"{net * rate:.2f}", f"{net * (1 + rate):.2f}"]

    source, asked = described(exports, ["Sub total", tax, "Invoice amount"], cells)
    assert (source["columns"]["amount"], asked) == ("Invoice amount", [])


def test_prices_of_one_piece_are_with_tax_too(exports):
    columns = ["Menge", "VK-Preis netto", "VK-Preis brutto", "Artikelnummer"]
    source, asked = described(
        exports, columns, lambda n, line: [n // 4 % 3 + 1, f"{n % 4 + 5},00", f"{(n % 4 + 5) * 1.19:.2f}", n % 4]
    )
    assert (amount_of(source), asked) == (["VK-Preis brutto", "Menge"], [])


@pytest.mark.parametrize("fee", [0.0, 0.4])
def test_net_sales_are_less_discounts_or_it_is_asked(exports, fee):
    """Tills call gross what it cost before discounts; ticket offices, what was paid before their fees."""

    def cells(n, line):
        off = 2.5 if n % 4 == 0 and not fee else 0.0
        return [f"{n + 9:.2f}", f"{off:.2f}", f"{n + 9 - off - fee * (n % 7 + 1):.2f}"]

    source, asked = described(exports, ["Gross sales", "Discounts", "Net sales"], cells)
    assert source["columns"]["amount"] == ("Gross sales" if fee else "Net sales")
    assert bool(asked) == bool(fee)
    assert not asked or "'Net sales'" in asked[0]


@pytest.mark.parametrize(
    "other", ["shipping_total", "Versandkosten gesamt", "Fee total", "Total tax", "Total refunded"]
)
def test_what_is_no_price_is_no_amount(exports, other):
    source, _ = described(exports, [other, "Total"], lambda n, line: [f"{n % 7}.10", f"{n + 20}.50"])
    amount = source["columns"]["amount"]
    assert (amount["sum"][0] if isinstance(amount, dict) else amount) == "Total"


@pytest.mark.parametrize("codes", [("Sale", "Sale Line"), ("Beleg", "Position")])
def test_rows_that_add_up_others_are_left_out(exports, codes):
    """A receipt of two lines, of which some are equal in every cell, is there a third time as a whole."""

    def cells(n, row):
        price = n + 5.5
        return [codes[min(row, 1)], f"{2 * price if row == 0 else price:.2f}"]

    source, asked = described(exports, ["Row type", "Total"], cells, lines=3)
    assert source["where"] == {"Row type": [codes[1]]}
    assert (source["duplicates"], asked) == ("keep", [])


@pytest.mark.parametrize("with_total", [True, False])
def test_equal_rows_are_kept_if_totals_count_them_and_asked_about_if_not(exports, with_total):
    def cells(n, line):
        price = n % 4 + 5.5
        return [1, f"{price:.2f}", *([f"{2 * price:.2f}"] if with_total else [])]

    columns = ["Quantity", "Unit price", *(["Order total"] if with_total else [])]
    source, asked = described(exports, columns, cells, lines=2)
    assert source.get("duplicates") == ("keep" if with_total else None)
    assert asked == ([] if with_total else [f"duplicates: {ROWS} rows repeat another in every cell; bought twice? "
                                            "then write 'duplicates: keep'"])  # fmt: skip


@pytest.mark.parametrize(("ago", "asks"), [(400, True), (0, False)])
def test_old_exports_are_reported_as_of_their_last_day(tmp_path, ago, asks):
    last = date.today() - timedelta(days=ago)
    folder = Folder(tmp_path).add("customers.csv", PERSON, PEOPLE)
    bought = [[f"B{n}", f"{last - timedelta(days=n):%Y-%m-%d}", PEOPLE[n][3], f"{n}.50"] for n in range(ROWS)]
    folder.add("orders.csv", [*ORDER, "Amount"], bought)
    _, proposal = folder.init()
    assert folder.content.get("as_of") == (last if asks else None)
    assert any(point.startswith("as_of") for point in proposal.open) == asks
