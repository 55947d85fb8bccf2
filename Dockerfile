# docker build -t customer-profiles . && docker run --rm -p 8888:8888 customer-profiles
# Then open the address that JupyterLab prints. Your data: -v "$PWD/data/yourcompany:/home/analyst/customer-profiles/data/yourcompany"
FROM python:3.11-slim-bookworm

# make needs sudo for the programs that only tests want (Chromium, PostgreSQL, Java); a report needs none of them.
RUN apt-get update \
    && apt-get install -y --no-install-recommends git make sudo \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --shell /bin/bash --uid 1000 analyst \
    && echo 'analyst ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/analyst \
    && install -d -o analyst -g analyst /home/analyst/customer-profiles

USER analyst
WORKDIR /home/analyst/customer-profiles

# The environment first: it changes less often than the code.
COPY --chown=analyst:analyst Makefile pyproject.toml README.md LICENSE requirements*.txt ./
RUN mkdir -p src/customer_profiles && touch src/customer_profiles/__init__.py && make .venv/.ready

COPY --chown=analyst:analyst . .
# Copied files are newer than the environment; it is not, unless the lock has changed.
RUN touch .venv/.ready

EXPOSE 8888
CMD ["make", "lab", "ARGS=--ip=0.0.0.0 --port=8888 --no-browser"]
