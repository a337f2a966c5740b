# The default image has the tool and nothing else; `--target ci` adds git, which
# `plan --base git:REVISION` asks for the files of another revision.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY requirements/run.txt requirements/build.txt requirements/
COPY pyproject.toml README.md LICENSE ./
COPY reconciler reconciler
COPY schemas schemas
# Every package from an index is a wheel with a pinned hash, the build backend included.
RUN python -I -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes --only-binary :all: \
        -r requirements/build.txt \
    && /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /opt/build . \
    && python -I -m venv /opt/daily-reconciler \
    && /opt/daily-reconciler/bin/pip install --no-cache-dir --require-hashes \
        --only-binary :all: -r requirements/run.txt \
    && /opt/daily-reconciler/bin/pip install --no-deps --no-index /opt/build/*.whl \
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
