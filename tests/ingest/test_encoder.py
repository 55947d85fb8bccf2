import sys

import numpy as np
import pytest

from customer_profiles.errors import ConfigurationError
from customer_profiles.ingest.encoder import load_encoder


def test_none_is_none(tmp_path):
    assert load_encoder(None, tmp_path) is None


@pytest.mark.parametrize("named", ["own_encoder", "own_encoder:Model", "own_encoder:points"])
def test_a_package_that_the_user_names(tmp_path, monkeypatch, named):
    (tmp_path / "own_encoder.py").write_text(
        "import numpy as np\n"
        "def points(texts): return np.array([[len(t), 1.0] for t in texts])\n"
        "encode = points\n"
        "class Model:\n    def encode(self, texts): return points(texts)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_encoder", raising=False)
    assert np.allclose(load_encoder(named, tmp_path)(["ab", "abc"]), [[2, 1], [3, 1]])


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("no_such_package_here", "neither a folder beside dataset.yaml nor an installed package"),
        ("models/absent", "there is no folder"),
        ("empty", "holds no model"),
        ("json:nothing", "has no 'nothing'"),
        ("math:pi", "has no function encode"),
    ],
)
def test_what_is_missing_is_named_with_the_remedy(tmp_path, named, expected):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigurationError, match=r"text, encoder") as error:
        load_encoder(named, tmp_path)
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("file", "library"), [("modules.json", "sentence_transformers"), ("model.onnx", "onnxruntime")]
)
def test_a_library_that_is_not_installed_is_named(tmp_path, monkeypatch, file, library):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / file).write_text("{}")
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ConfigurationError, match="pip install"):
        load_encoder("model", tmp_path)
