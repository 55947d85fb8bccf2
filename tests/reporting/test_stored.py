import json

from customer_profiles.reporting import stored


def test_what_json_cannot_say_is_null_so_that_every_reader_can_read_it(tmp_path):
    path = tmp_path / "findings.json"
    stored.write_json(path, {"interval": [1.2, float("inf")], "p": float("nan"), "texts": ["NaN"]})

    def refuse(word: str) -> None:
        raise AssertionError(word)

    told = json.loads(path.read_text(), parse_constant=refuse)
    assert told == {"interval": [1.2, None], "p": None, "texts": ["NaN"]}
