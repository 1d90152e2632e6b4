#!/usr/bin/env pkgraph
// Comments end identifiers.
an/identifier//comment
  :: Null/* here too */;
an/identifier/**/->/* x */Counter;
