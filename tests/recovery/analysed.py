"""A demo company, collected and analysed as chapters 01 to 05 do it, without notebooks and charts."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path

import pandas as pd

from customer_profiles.analysis.demographics import (
    areas,
    associations,
    audience,
    categories,
    distributions,
    standardisation,
)
from customer_profiles.analysis.demographics import missingness as gaps
from customer_profiles.analysis.feedback import events, metrics, response, scores, trend
from customer_profiles.analysis.journeys import friction, funnels, onboarding, stages
from customer_profiles.analysis.pain_points import aftermath, costs, observations, prevalence
from customer_profiles.analysis.profiles import fair_service, vulnerable
from customer_profiles.analysis.segments import channels, clusters, personas
from customer_profiles.demo import make_company
from customer_profiles.identity.pseudonyms import pseudonym
from customer_profiles.ingest.config import vulnerability
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.pipeline import collect
from customer_profiles.ingest.profile import build_profile
from customer_profiles.params import AnalyseFeedback, AnalysePainPoints, FindDemographics, SegmentCustomers
from customer_profiles.tables import Tables
from customer_profiles.text.themes import discovery as themes

KEY = b"a key for tests, 32 bytes long.."


class Analysed:
    """A company made for a seed, and what the chapters find in it, each table computed when it is first asked for.

    Parameters
    ----------
    folder : Path
        Where the company is made and collected.
    seed : int
        Of the company; the analysis always runs with the seed of the notebooks.
    customers : int
        Persons in the company.
    null : bool
        A company in which nothing depends on anything.
    bootstraps : int
        Resamples behind the stability of segments. Whether segments are natural does not depend on it.
    """

    def __init__(self, folder: Path, seed: int, customers: int = 2000, null: bool = False, bootstraps: int = 50):
        self.folder, self.seed, self.bootstraps = folder, seed, bootstraps
        self.dataset = dataset = load_dataset(make_company(folder, customers, seed, null))
        self.as_of, self.attributes = dataset.as_of, dataset.attributes()
        self.orders = {name: list(known.order) for name, known in self.attributes.items() if known.order}
        self.made_of = dataset.ingredients()
        self.min_group = dataset.privacy.min_group_size
        self.tables = Tables(folder / "tables")
        collect(dataset, self.tables, self.as_of, KEY)
        self.profile = build_profile(self.tables, self.as_of, self.attributes)
        self.traits = audience.traits(self.profile, self.attributes)
        self.groups = audience.groups(self.profile, self.attributes)

    @cached_property
    def truth(self) -> dict:
        """What was planted."""
        return json.loads((self.folder / "truth.json").read_text(encoding="utf-8"))

    def planted(self, name: str) -> pd.DataFrame:
        """One of the truth's tables."""
        return pd.read_parquet(self.folder / "truth" / f"{name}.parquet")

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """Every account that was collected: ``pseudonym, customer_no`` (found) and ``person`` (planted)."""
        planted = self.planted("identities")
        planted["pseudonym"] = [
            pseudonym(KEY, ids, raw) for ids, raw in zip(planted["ids"], planted["id"], strict=True)
        ]
        found = self.tables.read("identities")[["pseudonym", "customer_no"]]
        return found.merge(planted[["pseudonym", "person"]], on="pseudonym", validate="one_to_one")

    @cached_property
    def persons(self) -> pd.DataFrame:
        """The planted person behind each customer, in the order of the profile."""
        person = self.accounts.drop_duplicates("customer_no").set_index("customer_no")["person"]
        of_customer = person.loc[self.profile["customer_no"]]
        return self.planted("persons").set_index("person", drop=False).loc[of_customer].set_index(self.profile.index)

    @cached_property
    def stands_for(self) -> pd.Series:
        """The planted theme that most tickets of each found theme were written about, by found theme."""
        written = self.planted("tickets").drop_duplicates("text").set_index("text")["theme"]
        about = self.themes.assignments.assign(
            planted=lambda table: self.tickets["text"].loc[table["row"]].map(written).to_numpy()
        )
        counts = pd.crosstab(about["theme"], about["planted"])
        return counts.drop(index=themes.OTHER, errors="ignore").idxmax(axis=1)

    @cached_property
    def tickets(self) -> pd.DataFrame:
        return self.tables.read("tickets")

    @cached_property
    def feedback(self) -> pd.DataFrame:
        return self.tables.read("feedback")

    @cached_property
    def sources(self) -> dict[str, pd.DataFrame]:
        """Tables of what customers did and said."""
        return {name: self.tables.read(name) for name in observations.TABLES if self.tables.has(name)}

    # Chapter 02

    @cached_property
    def index(self) -> pd.DataFrame:
        """Customers against the reference population."""
        population = self.tables.read("population")
        defaults = FindDemographics()
        found = audience.compare(
            self.profile,
            population,
            self.traits,
            defaults.compare,
            defaults.min_base,
            self.orders,
            made_of=self.made_of,
        )
        return found.table.frame

    @cached_property
    def gaps(self) -> pd.DataFrame:
        """Customers without a value against those with one."""
        given = audience.given(self.traits, self.made_of)
        records = self.tables.read("identities").groupby(["customer_no", "ids"]).size()
        known_by = audience.known_by(self.profile, records)
        return distributions.who_is_missing(self.profile, given, audience.measures(self.profile), known_by).frame

    @cached_property
    def standardised(self) -> pd.DataFrame:
        """Customers against the reference population, both with the same ages."""
        divided = categories.banded(self.profile, self.traits)
        population = self.tables.read("population")
        return standardisation.against_population(self.index, divided, population, "age_band")

    @cached_property
    def uneven_gaps(self) -> pd.DataFrame:
        """Groups that lack a value more often than others."""
        return gaps.uneven(self.profile, self.traits, made_of=self.made_of).frame

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Every trait with every other."""
        described = [*self.traits, *audience.behaviour(self.profile)]
        return associations.scan(self.profile, described, self.orders, made_of=self.made_of).frame

    @cached_property
    def areas(self) -> pd.DataFrame:
        """Customers per inhabitant of each area."""
        return areas.density(self.profile, self.tables.read("areas")).frame

    # Chapter 03

    @cached_property
    def themes(self) -> themes.Themes:
        defaults = AnalysePainPoints()
        return themes.find_themes(themes.texts_of(self.tickets), defaults.max_themes, defaults.seed, self.min_group)

    @cached_property
    def evidence(self) -> observations.Evidence:
        """Pains from themes, stated reasons and behaviour."""
        return observations.gather(self.sources, self.profile, self.as_of, self.themes.assignments)

    @cached_property
    def pains(self) -> pd.DataFrame:
        """Every pain in every group."""
        groups = [*self.groups, "tenure_days"]
        return prevalence.by_group(self.evidence, self.profile, groups, orders=self.orders, watched=self.watched).frame

    @cached_property
    def watched(self) -> pd.DataFrame:
        """From when to when each customer could have had a case."""
        left = costs.outcomes(self.profile).get("lapsed")
        return aftermath.watched(self.profile, left, self.evidence, self.as_of)

    @cached_property
    def pain_costs(self) -> pd.DataFrame:
        """What goes with each pain."""
        alike, records = self.profile[costs.covariates(self.profile)], self.sources | {"feedback": self.feedback}
        return costs.costs(self.evidence, self.profile, alike, records, self.as_of).frame

    @cached_property
    def pain_drifts(self) -> pd.DataFrame:
        """Pains that become more or less frequent."""
        customers = aftermath.active(self.watched, "M")
        return trend.drift(prevalence.volumes(self.evidence, self.tickets, customers), "pain", "share")

    # Chapter 04

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Each score in each group against the others."""
        latest, least = metrics.latest(metrics.answers(self.feedback)), AnalyseFeedback().min_answers
        return scores.scores_by_group(latest, self.profile, self.groups, least, self.orders).frame

    @cached_property
    def response(self) -> pd.DataFrame:
        """Who answers."""
        answered = self.profile["customer_no"].isin(metrics.answers(self.feedback)["customer_no"])
        return response.response(answered, self.profile, self.groups, orders=self.orders).frame

    @cached_property
    def score_drifts(self) -> pd.DataFrame:
        """Scores that rise or fall over the whole period."""
        answers = metrics.answers(self.feedback)
        monthly = metrics.latest(answers.assign(month=trend.months(answers["at"])), "month")
        return trend.drift(trend.score_trend(monthly).frame, "metric", "mean")

    @cached_property
    def events(self) -> pd.DataFrame:
        """Change of each score at each event of the calendar."""
        return events.event_effects(events.with_all(metrics.answers(self.feedback)), self.tables.read("events")).frame

    # Chapter 05

    @cached_property
    def segments(self) -> clusters.Segmentation:
        defaults = SegmentCustomers()
        return clusters.find(self.profile, None, defaults.max_segments, self.bootstraps, defaults.seed)

    @cached_property
    def segment_traits(self) -> pd.DataFrame:
        """Each segment against all other customers, trait by trait."""
        described = audience.traits(self.profile, [*self.attributes, *audience.BEHAVIOUR])
        formed_by = audience.implied(self.segments.formed_by(), self.made_of)
        bands = self.profile[described].apply(personas.thirds)
        return personas.traits(bands, self.segments.labels, formed_by, orders=self.orders).frame

    @cached_property
    def channels(self) -> pd.DataFrame:
        """Ways of being reached that shift with age."""
        ways = channels.evidence(channels.with_help(self.profile, self.tickets))
        return channels.shifts(self.profile, ways, self.orders).frame

    # Chapter 06

    @cached_property
    def visited(self) -> pd.DataFrame:
        """What customers began themselves, visit by visit."""
        touches = self.tables.read("interactions")
        return funnels.sessions(touches[~touches["kind"].isin(funnels.DELIVERIES)])

    @cached_property
    def funnels(self) -> pd.DataFrame:
        """Groups that get on to the next step of a visit more or less often."""
        moved = funnels.occasions(funnels.visits(self.visited, self.sources["transactions"]))
        return funnels.by_group(moved.dropna(subset="customer_no"), self.profile, self.groups, self.orders).frame

    @cached_property
    def friction(self) -> pd.DataFrame:
        """Groups that need help after a feature more or less often."""
        used = self.visited.dropna(subset=["customer_no", "kind"]).sort_values("at", kind="stable")
        following = used.groupby("visit")["kind"].shift(-1)
        used = used.assign(feature=used["kind"], hit=following.isin(friction.TROUBLE))
        return friction.by_group(used, self.profile, self.groups, self.orders).frame

    @cached_property
    def first_steps(self) -> pd.DataFrame:
        """Groups that order for the first and second time sooner or later."""
        orders, tickets = self.sources["transactions"], self.sources["tickets"]
        first_order = orders.groupby("customer_no")["at"].min()
        starts = {
            "signup_to_order": onboarding.signups(self.profile, first_order),
            "order_to_order": onboarding.newcomers(first_order, self.profile),
            "visit_to_order": onboarding.newcomers(self.visited.groupby("customer_no")["at"].min(), self.profile),
            "ticket_to_order": tickets.groupby("customer_no")["opened_at"].min(),
        }
        waits = onboarding.spells(starts, orders, self.as_of)
        return onboarding.by_group(waits, self.profile, self.traits, onboarding.MILESTONES, self.orders).frame

    @cached_property
    def stages(self) -> pd.DataFrame:
        """Groups that are in a stage more or less often."""
        orders = self.sources["transactions"]
        days = orders.assign(at=orders["at"].dt.normalize()).drop_duplicates(["customer_no", "at"])
        staged = stages.stages(days, self.profile, self.as_of)
        return stages.by_group(staged.table["stage"], self.profile, self.traits, self.orders).frame

    # Chapter 10

    @cached_property
    def parity(self) -> pd.DataFrame:
        """Service and scores of customers with a sign of vulnerability against the others."""
        given = self.dataset.vulnerability
        flags = vulnerability.indicators(self.profile, given, self.dataset.attributes())
        groups = vulnerable.groups(flags, vulnerability.drivers(given, flags)).set_axis(self.profile["customer_no"])
        assigned = self.themes.assignments.sort_values(["row", "weight", "theme"], ascending=[True, False, True])
        topic = assigned.drop_duplicates("row").set_index("row")["theme"].reindex(self.tickets.index)
        cases = self.tickets.assign(topic=topic.fillna(self.tickets["category"]))
        answered = metrics.latest(metrics.answers(self.feedback))
        return fair_service.parity(groups, fair_service.outcomes(cases, self.as_of), answered).frame
