"""`jlac-mapper review`: what people do with the rows that were not accepted, from the terminal."""

from jlac_mapper.cli.review_audit import verify_command
from jlac_mapper.cli.review_decide import decide_command
from jlac_mapper.cli.review_files import export_command, import_command
from jlac_mapper.cli.review_people import facility_app, user_app
from jlac_mapper.cli.review_read import list_command, show_command
from jlac_mapper.cli.review_rules import rules_app
from jlac_mapper.cli.verbs import Verbs

review_app = Verbs(help="Review what was not accepted.")
review_app.command("list")(list_command)
review_app.command("show")(show_command)
review_app.command("decide")(decide_command)
review_app.command("import")(import_command)
review_app.command("export")(export_command)
review_app.command("verify")(verify_command)
review_app.add_typer(rules_app, name="rules")
review_app.add_typer(user_app, name="user")
review_app.add_typer(facility_app, name="facility")
