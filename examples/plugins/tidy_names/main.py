"""The entry of a folder: modules beside it are imported by their names."""
from letters import plain


def main(names):
    seen = {}
    out = []
    for name in names:
        tidy = plain(name)
        count = seen[tidy] = seen.get(tidy, 0) + 1
        out.append(tidy if count == 1 else f"{tidy}-{count}")
    return out


async def one(name):
    return plain(name)
