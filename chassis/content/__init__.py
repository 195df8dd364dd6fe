"""What a file is, by its bytes: one of a few kinds of document, or unfit with a word and a reason. Nothing is ever unpacked to disk.

`examine.examine` reads it in this process, `apart.examine_apart` in one of its own with little memory and little time: what comes from
outside is read there.
"""
