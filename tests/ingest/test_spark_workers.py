"""Two workers in processes of their own read the tables and give the profile that DuckDB gives."""

import pandas as pd
import pytest
from test_engine import needs_spark
from written_company import KEY

from customer_profiles.demo import make_company
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.engine import MASTER
from customer_profiles.ingest.pipeline import collect
from customer_profiles.ingest.profile import build_profile
from customer_profiles.tables import Tables

pytestmark = [pytest.mark.xdist_group("spark"), pytest.mark.slow]


def test_two_workers_give_the_profile_of_one_machine(tmp_path, monkeypatch):
    needs_spark()
    monkeypatch.setenv(MASTER, "local-cluster[2,1,1024]")  # two workers, a core and 1,024 MB each
    dataset = load_dataset(make_company(tmp_path / "company", customers=60))
    tables = Tables(tmp_path / "tables")
    collect(dataset, tables, dataset.as_of, KEY)
    ours = build_profile(tables, dataset.as_of, dataset.attributes())
    theirs = build_profile(tables, dataset.as_of, dataset.attributes(), "spark", "1GB")
    pd.testing.assert_frame_equal(theirs, ours, check_exact=True)
