define($inherited "from a library")
elementclass Plain { $capacity | input -> Queue($capacity) -> output }
