"""What the tests stand on: a throw-away database cluster, fixtures, the running application, a browser."""
