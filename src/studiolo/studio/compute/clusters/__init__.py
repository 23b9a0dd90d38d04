"""Training clusters: nodes that come when jobs wait and go when they are idle; a node is a reserved share of this machine."""
