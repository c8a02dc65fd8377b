"""The walk over the halls: every public name and method that has no twin, or one with other arguments.

Public is what a module's ``__all__`` says, and every module says it. A chapter may show the source of other names.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from types import ModuleType

Modules = Mapping[str, ModuleType]

# The same method under the name by which the framework calls it.
HOOKS = {"forward": "call"}
# The methods that only one framework asks for, by hall.
ONE_SIDED = {
    # The course's own loop asks EarlyStopping; Keras has a loop, and Keras' own callback does the rest.
    "pytorch": {f"training.EarlyStopping.{name}" for name in ("start", "update", "restore")},
    # Keras rebuilds layers from their settings; PyTorch loads weights into a model built by code.
    "keras": {
        "activations.Mish.get_config",
        "activations.Swish.get_config",
        "training.EarlyStopping.on_train_begin",
    },
}


def _methods(cls: type) -> Iterator[str]:
    """The public methods and properties that a class has from its own package, not from a framework."""
    package = cls.__module__.split(".")[0]
    for base in cls.__mro__:
        if base.__module__.split(".")[0] == package:
            yield from (name for name in vars(base) if not name.startswith("_"))


def public(modules: Modules) -> dict[tuple[str, str], object]:
    """What the modules of a hall offer, by module and name."""
    return {
        (module_name, name): getattr(module, name)
        for module_name, module in modules.items()
        for name in getattr(module, "__all__", ())
    }


def _with_methods(modules: Modules) -> dict[str, object]:
    """What the modules offer, and the methods of its classes, by dotted names."""
    found: dict[str, object] = {}
    for (module, name), value in public(modules).items():
        found[f"{module}.{name}"] = value
        if inspect.isclass(value):
            for method in _methods(value):
                found[f"{module}.{name}.{HOOKS.get(method, method)}"] = getattr(value, method)
    return found


def _signature(value: object) -> inspect.Signature | None:
    """Names, kinds and defaults of the arguments; annotations name each framework's own types."""
    if not callable(value):
        return None
    signature = inspect.signature(value)
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    return signature.replace(parameters=bare, return_annotation=inspect.Signature.empty)


def complaints(halls: Mapping[str, Modules], one_sided: Mapping[str, set[str]]) -> list[str]:
    """What two halls do not have in common, one sentence each; ``one_sided`` are the exceptions by hall."""
    said = [
        f"{hall}.{name} has no __all__"
        for hall, modules in halls.items()
        for name, module in modules.items()
        if not hasattr(module, "__all__")
    ]
    found = {hall: _with_methods(modules) for hall, modules in halls.items()}
    for name in sorted({name for names in found.values() for name in names}):
        owners = [hall for hall in found if name in found[hall]]
        if len(owners) == len(found):
            values = [found[hall][name] for hall in owners]
            signatures = [_signature(value) for value in values]
            if len({inspect.isclass(value) for value in values}) > 1:
                said.append(f"{name} is a class in one hall only")
            elif signatures[0] != signatures[1]:
                said.append(f"{name} takes {signatures[0]} in {owners[0]}, {signatures[1]} in {owners[1]}")
        elif name not in one_sided.get(owners[0], ()):
            said.append(f"{name} is in {owners[0]} only")
    # An exception that is none would hide the next defect.
    for hall, names in one_sided.items():
        for name in sorted(names):
            if [h for h in found if name in found[h]] != [hall]:
                said.append(f"{name} is not in {hall} only, as the exceptions say")
    return said
