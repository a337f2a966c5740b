# The default image has the tool and nothing else; `--target ci` adds git, which
# `plan --base git:REVISION` asks for the files of another revision.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY reconciler reconciler
COPY schemas schemas
RUN python -m venv /opt/daily-reconciler \
    && /opt/daily-reconciler/bin/pip install --no-cache-dir . \
    && /opt/daily-reconciler/bin/pip uninstall --yes pip

FROM python:3.13-slim-bookworm AS runtime
ENV PATH=/opt/daily-reconciler/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
COPY --from=build /opt/daily-reconciler /opt/daily-reconciler
# A number, so that Kubernetes can see that it is not root. Rescue files go to /work.
RUN install -d -o 10001 -g 10001 /work
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["daily-reconciler"]

FROM runtime AS ci
USER 0
# The checkout that a CI system mounts belongs to another user, which git refuses.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory '*'
USER 10001:10001

FROM runtime
