"""`up`."""

import typer

from sightsong.cli import hosting, session
from sightsong.cli.options import AsJson, DataDir, Device, ModelsDir, Port, Profile
from sightsong.cli.screen import Screen


@session.reported
def up(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    data: DataDir = None,
    port: Port = None,
    profile: Profile = None,
    models_dir: ModelsDir = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Start the service on this machine, and keep it running until Ctrl-C.

    Three processes (api, worker, indexer) on one data folder, started again when they crash. A
    second Ctrl-C ends them at once. With --json, the address is printed when the service is ready.
    """
    screen = Screen(as_json=as_json)
    chosen = hosting.chosen_settings(
        data=data, port=port, profile=profile, models_dir=models_dir, device=device
    )
    with hosting.hosted(ctx, screen, chosen) as here:
        running = here.service
        screen.result(
            {
                "url": running.base_url,
                "data_dir": str(running.data_dir),
                "profile": running.profile,
            }
        )
        hosting.stay(screen, running)
