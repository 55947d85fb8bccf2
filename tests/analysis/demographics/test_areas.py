"""Areas: the shrinkage against statsmodels, matching of places, planted densities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import told

from customer_profiles.analysis.demographics import areas
from customer_profiles.needs import NEEDS


def country(seed: int, n_areas: int = 40, spread: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Areas of very different size, and a customer base with a rate of about 2 per 1,000."""
    rng = np.random.default_rng(seed)
    population = (10 ** rng.uniform(3.5, 5.5, n_areas)).astype(int)
    rate = 0.002 * np.exp(spread * rng.standard_normal(n_areas))
    names = [f"area {i:02}" for i in range(n_areas)]
    table = pd.DataFrame({"area": names, "population": population, "purchasing_power": 100.0})
    return pd.DataFrame({"region": np.repeat(names, rng.poisson(rate * population))}), table


class TestShrinkage:
    def test_maximum_likelihood_agrees_with_statsmodels(self):
        import statsmodels.api as sm

        profile, table = country(0, spread=0.6)
        k = profile["region"].value_counts().reindex(table["area"], fill_value=0).to_numpy()
        ours = areas.fit_gamma(k, table["population"])
        model = sm.NegativeBinomial(k, np.ones((len(k), 1)), exposure=table["population"].to_numpy(float))
        theirs = model.fit(disp=0, start_params=[np.log(0.002), 0.4], maxiter=500)
        assert ours.shape == pytest.approx(1 / theirs.params[1], rel=1e-3)
        assert ours.shape / ours.rate == pytest.approx(np.exp(theirs.params[0]), rel=1e-3)

    def test_posterior_agrees_with_scipy(self):
        profile, table = country(1, spread=0.6)
        result = areas.density(profile, table).frame.set_index("area")
        k = profile["region"].value_counts().reindex(table["area"], fill_value=0)
        gamma = areas.fit_gamma(k, table["population"])
        row = result.loc["area 03"]
        posterior = stats.gamma(gamma.shape + k.iloc[3], scale=row["per"] / (gamma.rate + table["population"][3]))
        ours = row[["rate", "rate_low", "rate_high"]].to_list()
        np.testing.assert_allclose(ours, [posterior.mean(), *posterior.interval(0.95)], rtol=1e-6)

    def test_small_areas_are_drawn_to_the_average_more_than_large_ones(self):
        profile, table = country(2, spread=0.5)
        result = areas.density(profile, table).frame
        gamma = areas.fit_gamma(result["n"], result["population"])
        usual = result["per"] * gamma.shape / gamma.rate
        pull = (result["rate"] - result["rate_raw"]) / (usual - result["rate_raw"])
        size = result["population"]
        assert pull[size < size.quantile(0.25)].mean() > 2 * pull[size > size.quantile(0.75)].mean()
        assert pull.between(0, 1).all()

    def test_shrunk_rates_are_nearer_to_the_truth(self):
        rng = np.random.default_rng(3)
        population = np.full(200, 5000)
        truth = 0.002 * rng.gamma(4, 1 / 4, 200)
        k = rng.poisson(truth * population)
        gamma = areas.fit_gamma(k, population)
        shrunk = (gamma.shape + k) / (gamma.rate + population)
        assert ((shrunk - truth) ** 2).mean() < 0.8 * ((k / population - truth) ** 2).mean()
        assert gamma.shape == pytest.approx(4, rel=0.5)

    def test_equal_rates_get_one_rate(self):
        gamma = areas.fit_gamma([20, 200, 2000], [10_000, 100_000, 1_000_000])
        assert gamma.shape > 1e4
        assert gamma.shape / gamma.rate == pytest.approx(0.002, rel=1e-3)


class TestDensity:
    def test_planted_area_is_claimed(self):
        profile, table = country(4)
        profile = pd.concat([profile, pd.DataFrame({"region": ["area 07"] * 300})])
        result = areas.density(profile, table).frame
        assert result.loc[result["claim"], "area"].tolist()[0] == "area 07"
        row = result.set_index("area").loc["area 07"]
        part = table["population"][7] / table["population"].sum()
        assert row["p"] == pytest.approx(stats.binomtest(int(row["n"]), len(profile), part).pvalue)
        assert row["purchasing_power"] == 100
        found = told(areas.density(profile, table))
        assert found[0].values["area"] == "area 07"
        assert found[0].kind == "difference"

    @pytest.mark.slow  # null companies cover it in every run
    def test_false_claims_stay_within_the_promise(self):
        claims = sum(areas.density(*country(seed, n_areas=16)).frame["claim"].any() for seed in range(60))
        assert claims <= stats.binom.isf(0.001, 60, 0.05)

    @pytest.mark.parametrize(("customers", "per"), [(2000, 1_000), (500, 10_000), (1, 1_000_000)])
    def test_rates_are_given_in_a_unit_that_can_be_read(self, customers, per):
        table = pd.DataFrame({"area": ["a", "b"], "population": [400_000, 600_000]})
        result = areas.density(pd.DataFrame({"region": ["a"] * customers}), table).frame
        assert result["per"].tolist() == [per, per]
        assert result.set_index("area").loc["a", "rate_raw"] == pytest.approx(customers / 400_000 * per)

    def test_two_areas_are_one_question_and_quiet_is_a_finding(self):
        table = pd.DataFrame({"area": ["a", "b"], "population": [1000, 3000]})
        profile = pd.DataFrame({"region": ["a"] * 26 + ["b"] * 74})
        result = areas.density(profile, table)
        assert result.family == 1
        assert [finding.kind for finding in told(result)] == ["nothing"]

    def test_areas_without_inhabitants_or_customers(self):
        table = pd.DataFrame({"area": ["a", "b"], "population": pd.array([0, None], dtype="Int64")})
        assert areas.density(pd.DataFrame({"region": ["a"]}), table).frame.empty
        assert told(areas.density(pd.DataFrame({"region": ["x"]}), country(0)[1])) == []
        assert not len(areas.density(pd.DataFrame({"region": ["a"]}), table[:0]))


class TestMatching:
    def test_postal_codes_match_by_their_first_digits(self):
        profile = pd.DataFrame({"region": ["Bayern"] * 4, "postal_code": ["01067", "01139", "80331", None]})
        table = pd.DataFrame({"area": ["01", "80"], "population": [10, 20]})
        key, column = areas.area_of(profile, table)
        assert column == "postal_code"
        assert key.tolist()[:3] == ["01", "01", "80"]
        assert pd.isna(key[3])

    def test_names_match_whatever_their_case(self):
        profile = pd.DataFrame({"region": [" bayern", "Hessen", "Atlantis", None]})
        table = pd.DataFrame({"area": ["Bayern", "Hessen"], "population": [10, 20]})
        rate = areas.match_rate(profile, table).frame.set_index("value")
        assert rate["n"].to_dict() == {"matched": 2, "not in the list": 1, "unknown": 1}

    def test_unmatched_places_are_named_only_if_enough_customers_live_there(self):
        profile = pd.DataFrame({"region": ["Bayern"] + ["Tirol"] * 12 + ["Wien"] * 10 + ["Sylt"] * 3 + ["Föhr"]})
        table = pd.DataFrame({"area": ["Bayern"], "population": [10]})
        lost = areas.unmatched(profile, table).frame
        assert lost[["value", "n"]].to_numpy().tolist() == [["Tirol", 12], ["Wien", 10], [areas.RARER, 4]]
        assert areas.unmatched(profile[:1], table).frame.empty

    def test_a_map_lacks_no_area(self):
        profile, table = country(5)
        placed = table.assign(latitude=50.0, longitude=10.0)
        assert areas.on_map(areas.density(profile, placed))
        placed.loc[3, "latitude"] = np.nan
        assert not areas.on_map(areas.density(profile, placed))
        assert not areas.on_map(areas.density(profile, table))

    def test_room_is_what_an_area_lacks_at_the_common_rate(self):
        profile, table = country(4)
        large = table.loc[table["population"].idxmax(), "area"]
        few = profile["region"].eq(large) & (np.arange(len(profile)) % 2 > 0)
        result = areas.density(profile[~few], table).frame
        row = result.set_index("area").loc[large]
        overall = result["n"].sum() / result["population"].sum()
        assert row["potential"] == round((overall - row["rate"] / row["per"]) * row["population"])
        assert result.loc[result["rate_high"] >= overall * result["per"], "potential"].isna().all()
        (room,) = [finding for finding in told(areas.density(profile[~few], table)) if finding.id == "areas.room"]
        assert room.values["area"] == large

    def test_nothing_matches(self):
        profile = pd.DataFrame({"region": ["Tirol"]})
        table = pd.DataFrame({"area": ["Bayern"], "population": [10]})
        assert areas.area_of(profile, table)[1] == ""
        assert areas.match_rate(profile, table).frame["n"].tolist() == [0, 0, 1]
        assert areas.unmatched(profile, table).frame.empty
        assert len(areas.limits(profile, table)) == 1
        assert [limit.needs for limit in areas.limits(profile, table[:0])] == [NEEDS["areas"]]
        assert areas.limits(pd.DataFrame({"region": ["Bayern"]}), table) == []
