"""`jlac-mapper health`: asks a server whether it serves."""

from typing import Annotated

import typer

from jlac_mapper.cli.language import spoken


def health(
    address: Annotated[str, typer.Option(help="HOST:PORT of the server.")] = "127.0.0.1:50051",
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for an answer.")] = 3.0,
) -> None:
    """Print one line; exit 0 when the server serves, 1 otherwise."""
    # Imported here so that `jlac-mapper --help` stays quick.
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    # A proxy is for the internet; the server is inside the hospital's network.
    options = [("grpc.enable_http_proxy", 0)]
    with grpc.insecure_channel(address, options=options) as channel:
        try:
            stub = health_pb2_grpc.HealthStub(channel)
            # the type stubs leave out the methods that HealthStub sets on itself
            check = stub.Check  # type: ignore[attr-defined]
            answer = check(health_pb2.HealthCheckRequest(), timeout=timeout)
        except grpc.RpcError as error:
            code = error.code() if isinstance(error, grpc.Call) else None
            typer.echo(spoken(f"{address}: no answer ({_why(code)})"), err=True)
            raise typer.Exit(1) from None
    status = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    typer.echo(f"{address}: {status}")
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise typer.Exit(1)


def _why(code: object) -> str:
    """Say in a person's words why a call failed; *code* is a grpc.StatusCode or None."""
    import grpc

    if code is grpc.StatusCode.UNAVAILABLE:
        return "nothing listens there: start `jlac-mapper serve`, or give --address HOST:PORT"
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return "it did not answer in time"
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return "a server listens there that is not jlac-mapper"
    return getattr(code, "name", "unknown error")
