"""The language all stages share: events, topics, rejections, errors and the codec."""
