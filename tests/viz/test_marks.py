"""A chart of groups cannot become a chart of customers."""

import numpy as np
import pandas as pd
import pytest
import seaborn as sns

from customer_profiles import viz
from customer_profiles.errors import PrivacyRefused

GROUPS = pd.DataFrame({"group": list("abcde"), "cases": [5.0, 4.0, 3.0, 2.0, 1.0], "rate": [0.1, 0.2, 0.3, 0.2, 0.4]})
CUSTOMERS = pd.DataFrame({"spend": np.arange(300.0), "age": np.arange(300) % 70, "segment": ["a", "b", "c"] * 100})


@pytest.mark.parametrize(
    "chart",
    [
        lambda frame, ax: ax.scatter(CUSTOMERS["age"], CUSTOMERS["spend"]),
        lambda frame, ax: sns.scatterplot(CUSTOMERS, x="age", y="spend", ax=ax),
        lambda frame, ax: sns.stripplot(CUSTOMERS, x="spend", y="segment", ax=ax),
        lambda frame, ax: sns.rugplot(CUSTOMERS, x="spend", ax=ax),
        lambda frame, ax: ax.plot(CUSTOMERS["spend"].sort_values().to_numpy()),
        lambda frame, ax: ax.plot(CUSTOMERS["age"], CUSTOMERS["spend"], "o"),
        lambda frame, ax: [ax.plot([age], [spend], "o") for age, spend in CUSTOMERS[["age", "spend"]].to_numpy()],
        lambda frame, ax: [ax.scatter([age], [spend]) for age, spend in CUSTOMERS[["age", "spend"]].to_numpy()],
        lambda frame, ax: ax.bar(range(300), CUSTOMERS["spend"]),
        lambda frame, ax: ax.vlines(range(300), 0, CUSTOMERS["spend"]),
        lambda frame, ax: ax.fill_between(range(300), CUSTOMERS["spend"]),
        lambda frame, ax: sns.heatmap(CUSTOMERS[["spend", "age"]], ax=ax),
        lambda frame, ax: ax.imshow(CUSTOMERS[["spend", "age"]]),
        lambda frame, ax: ax.fill(CUSTOMERS["age"], CUSTOMERS["spend"]),
        lambda frame, ax: ax.hexbin(CUSTOMERS["age"], CUSTOMERS["spend"]),
        lambda frame, ax: ax.inset_axes((0, 0, 0.5, 0.5)).scatter(CUSTOMERS["age"], CUSTOMERS["spend"]),
        lambda frame, ax: [ax.text(age, spend, "x") for age, spend in CUSTOMERS[["age", "spend"]].to_numpy()],
    ],
)
def test_single_customers_are_refused(chart):
    with pytest.raises(PrivacyRefused, match="rows"):
        viz.draw(chart, GROUPS)


@pytest.mark.parametrize(
    "chart",
    [
        lambda frame, ax: sns.barplot(frame, x="cases", y="group", ax=ax),
        lambda frame, ax: sns.countplot(frame, y="group", ax=ax),
        lambda frame, ax: sns.pointplot(frame, x="group", y="rate", ax=ax),
        lambda frame, ax: sns.lineplot(frame, x="cases", y="rate", ax=ax),
        lambda frame, ax: sns.scatterplot(frame, x="cases", y="rate", ax=ax),
        lambda frame, ax: sns.heatmap(frame.set_index("group")[["rate"]], ax=ax),
        lambda frame, ax: frame.plot.barh(x="group", y="cases", ax=ax),
        lambda frame, ax: ax.pie(frame["cases"], labels=frame["group"]),
        lambda frame, ax: ax.stem(frame["cases"], frame["rate"]),
        lambda frame, ax: ax.errorbar(frame["cases"], frame["rate"], yerr=0.1, capsize=3, fmt="o"),
    ],
)
def test_ordinary_charts_of_the_frame_pass(chart):
    assert "<svg" in viz.svg(viz.draw(chart, GROUPS))


def test_marks_are_counted_by_kind():
    ax = viz.draw(lambda frame, ax: (ax.bar(frame["group"], frame["cases"]), ax.axhline(2)), GROUPS).axes[0]
    assert viz.count_marks(ax) == {"dots": 0, "bars": 5, "tiles": 0, "intervals": 0, "points of lines": 2, "words": 0}
