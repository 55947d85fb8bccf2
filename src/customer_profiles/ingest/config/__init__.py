"""The files a person edits beside the exports: dataset.yaml, topics.yaml, solutions.yaml."""
