"""The sampler behind a search: Optuna asks for places of the unit cube, the space makes designs of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from striate.errors import InputError, MissingExtraError, Quoted, RunError
from striate.study.search.space import Design, Space
from striate.study.search.trials import option_text

Sampler = Literal["tpe", "random"]
Direction = Literal["score", "front"]

# What databases say of tables and rows that another process makes at the same moment.
_MEANWHILE = ("UNIQUE constraint", "duplicate key", "already exists")
_MOST_TRIES, _WAIT_S = 10, 0.5


def import_optuna() -> Any:  # noqa: ANN401 - a module
    """Return Optuna, silent.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import optuna
    except ImportError as cause:
        raise MissingExtraError(
            "a search must have Optuna", got=Quoted("none"), hint='Install it: pip install "striate[search]".'
        ) from cause
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def storage_at(folder: Path, address: str = "") -> str:
    """Return the address of a search's database: SQLite in its folder unless another is given."""
    return address or f"sqlite:///{(folder / 'search.db').absolute()}"


def sampler_of(sampler: Sampler, seed: int) -> Any:  # noqa: ANN401 - Optuna's sampler
    """Return Optuna's sampler."""
    optuna = import_optuna()
    if sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)


def opened(storage: str, name: str, *, goal: Direction) -> Any:  # noqa: ANN401 - Optuna's study
    """Return Optuna's study of that name, made if it is not there.

    Raises:
        MissingExtraError: The database's driver is not installed.
        RunError: The database does not answer.
    """
    optuna = import_optuna()
    directions = ["maximize"] if goal == "score" else ["maximize", "minimize"]
    try:
        return _made_or_joined(optuna, storage, name, directions)
    except ImportError as cause:
        raise MissingExtraError(
            "a database must have its driver",
            got=Quoted(str(cause).splitlines()[0][:160]),
            where=_without_password(storage),
            hint='Install it: pip install "psycopg[binary]", for postgresql://.',
        ) from cause
    except Exception as cause:
        raise _gone(storage, cause) from cause


def _made_or_joined(optuna: Any, storage: str, name: str, directions: list[str]) -> Any:  # noqa: ANN401 - Optuna's study
    """Return the study; when two begin a new database at the same moment, the later one finds it half made, and waits."""
    for _ in range(_MOST_TRIES):
        try:
            return optuna.create_study(storage=storage, study_name=name, directions=directions, load_if_exists=True)
        except Exception as cause:
            if not any(word in str(cause) for word in _MEANWHILE):
                raise
            time.sleep(_WAIT_S)
    return optuna.create_study(storage=storage, study_name=name, directions=directions, load_if_exists=True)


@contextmanager
def answering(storage: str) -> Iterator[None]:
    """Say it in our words when the database goes away; what was told to it is there when it comes back.

    Raises:
        RunError: It does not answer.
    """
    optuna = import_optuna()
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as cause:
        raise _gone(storage, cause) from cause


def suggested(trial: Any, space: Space) -> Design:  # noqa: ANN401 - Optuna's trial
    """Return the design a trial is about."""
    return space.at([trial.suggest_float(name, 0.0, 1.0) for name, _ in space.choices])


def known_design(space: Space, values: Mapping[str, Any]) -> Design:
    """Return the design that makes these choices.

    Raises:
        InputError: It leaves a choice open, names no option, passes a limit, or was not drawn.
    """
    if missing := [name for name, _ in space.choices if name not in values]:
        raise InputError("a design must make every choice", got=Quoted(f"none for {', '.join(missing)}"), where="known")
    for name, options in space.choices:
        if values[name] not in options:
            raise InputError(
                f"{name} must be one of {', '.join(map(option_text, options))}",
                got=Quoted(option_text(values[name])),
                where="known",
            )
    design = tuple(options.index(values[name]) for name, options in space.choices)
    space.place(design)
    return design


def given(study: Any, space: Space, design: Design, marks: Mapping[str, Any]) -> Any:  # noqa: ANN401 - Optuna's
    """Return a new trial of a design that the sampler was not asked for, under way from its first moment.

    Optuna's own queue is not used: in SQLite, which locks no rows, two processes may take the same trial out of it.

    Args:
        study: Optuna's.
        space: Where the design is.
        design: To be tried.
        marks: What the trial says of itself.
    """
    optuna = import_optuna()
    names = [name for name, _ in space.choices]
    made = optuna.trial.create_trial(
        state=optuna.trial.TrialState.RUNNING,
        params=dict(zip(names, space.place(design), strict=True)),
        distributions={name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in names},
        user_attrs=dict(marks),
    )
    # Optuna's public `add_trial` does not say which one it made.
    number = study._storage.create_new_trial(study._study_id, template_trial=made)  # noqa: SLF001
    return optuna.trial.Trial(study, number)


def _gone(storage: str, cause: BaseException) -> RunError:
    # Optuna says only that it could not commit: what was wrong is what the database itself said.
    while cause.__cause__ is not None:
        cause = cause.__cause__
    said = (str(cause).splitlines() or [repr(cause)])[0][:160]
    return RunError(
        "the search's database must answer",
        got=Quoted(said),
        where=_without_password(storage),
        hint=f"{_cure(storage, said)}; then run it again to go on.",
    )


def _cure(storage: str, said: str) -> str:
    if "is full" in said or "No space left" in said:
        return "Free some space"
    if "locked" in said:
        return "Wait until no other program holds it"
    if storage.startswith("sqlite"):
        return "See that its folder is there and can be written to"
    return "Start the database, or leave --storage out for a file in the folder"


def _without_password(storage: str) -> str:
    before, at, after = storage.rpartition("@")
    return f"{before.split('://')[0]}://…@{after}" if at else storage
