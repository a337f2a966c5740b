"""The benchmark: what the tool costs, beside what else one would run. `make bench`.

A benchmark and not a timed test: machines are noisy, so everything that is compared
runs in turns within one run, several times, and only what the table says is judged.
`python -m bench --help` tells how to run a part of it.
"""
