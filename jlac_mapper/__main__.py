"""`python -m jlac_mapper` is the same program as `jlac-mapper`."""

from jlac_mapper.cli.main import run

if __name__ == "__main__":
    run()
