"""`openline completion`: the script that makes a shell complete verbs and options."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash  eval "$(openline completion bash)"        in ~/.bashrc
    zsh   eval "$(openline completion zsh)"         in ~/.zshrc
    fish  openline completion fish | source         in ~/.config/fish/config.fish
    """
    root = ctx.find_root().command
    # Written out by class, without click's own check of the bash on the path: the script may be for another machine.
    script = SHELLS[shell](root, {}, "openline", "_OPENLINE_COMPLETE")
    click.echo(script.source_template % script.source_vars())
