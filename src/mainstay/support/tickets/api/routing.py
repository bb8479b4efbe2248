from mainstay.core.api.router import Router

router = Router(tags=["Tickets"])
