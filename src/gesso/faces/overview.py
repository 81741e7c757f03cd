"""The first help page: plain text, so that it is there at once."""

from collections.abc import Iterable, Mapping

from gesso.core.declaration import Art


def show_overview(arts: Iterable[Art], commands: Mapping[str, str]) -> None:
    """Prints what the command can do: the arts that were found, and the other commands."""
    listed = [(art.key.replace("/", " "), art.title) for art in arts]
    rows = [*listed, *commands.items()]
    width = max(len(name) for name, _ in rows) + 2
    print("usage: gesso ART [inputs] [settings]    gesso COMMAND ...")
    print("\nMakes art, on this machine, with nothing to download.")
    for title, part in (("arts", listed), ("commands", list(commands.items()))):
        print(f"\n{title}:")
        for name, what in part:
            print(f"  {name:{width}}{what}")
    print("\ngesso ART --help lists the settings of an art; gesso --version says which Gesso this is.")


def show_methods(methods: Iterable[Art]) -> None:
    """Prints the methods of an art that has several."""
    listed = list(methods)
    width = max(len(art.method or "") for art in listed) + 2
    print(f"usage: gesso {listed[0].name} METHOD [inputs] [settings]\n\nmethods:")
    for art in listed:
        print(f"  {art.method or '':{width}}{art.title}")
