"""What the tour's last step runs: a Pyramid application that answers one request, without a network."""
from importlib.metadata import version

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
import pyramid_chameleon

with Configurator() as config:
    config.include(pyramid_chameleon)
    config.add_route("home", "/")
    config.add_view(lambda request: Response("ready"), route_name="home")
    answer = Request.blank("/").get_response(config.make_wsgi_app())

print(f"Pyramid {version('pyramid')} answers {answer.status}: {answer.text}")
