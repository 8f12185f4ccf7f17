// The rows of the commands that search for places (GeoSearchCommands.swift).

import Memory

package let geoSearchCommandRows: [CommandRow] = [
    geosearchRow, geosearchstoreRow, georadiusRow, georadiusRoRow, georadiusbymemberRow,
    georadiusbymemberRoRow,
]

// MARK: Arguments in common

private let fromSpec = ArgumentSpec.oneOf(
    "from",
    [
        .string("member", token: "FROMMEMBER"),
        .block("fromlonlat", token: "FROMLONLAT", [.double("longitude"), .double("latitude")]),
    ])

private let bySpec = ArgumentSpec.oneOf(
    "by",
    [
        .block("circle", [.double("radius", token: "BYRADIUS"), geoUnitSpec]),
        .block("box", [.double("width", token: "BYBOX"), .double("height"), geoUnitSpec]),
    ])

private let orderSpec = ArgumentSpec.oneOf(
    "order", [.token("asc", "ASC"), .token("desc", "DESC")]
).optional

private let countSpec = ArgumentSpec.block(
    "count-block", [.integer("count", token: "COUNT"), .token("any", "ANY").optional]
).optional

/// Of GEORADIUS and GEORADIUS_RO, whose ANY came later.
private let radiusCountSpec = ArgumentSpec.block(
    "count-block",
    [.integer("count", token: "COUNT"), .token("any", "ANY").optional.since("6.2.0")]
).optional

private let detailSpecs: [ArgumentSpec] = [
    .token("withcoord", "WITHCOORD").optional,
    .token("withdist", "WITHDIST").optional,
    .token("withhash", "WITHHASH").optional,
]

private let storeSpec = ArgumentSpec.oneOf(
    "store",
    [
        .key("storekey", spec: 1, token: "STORE").shown(as: "key"),
        .key("storedistkey", spec: 2, token: "STOREDIST").shown(as: "key"),
    ]
).optional

// MARK: Keys

private let searchComplexity: StaticString = """
    O(N+log(M)), N being the members in the cells around the area, M those inside it
    """

private let radiusHistory: KeyValuePairs<StaticString, StaticString> = [
    "6.2.0": "Option `ANY` of `COUNT`.",
    "7.0.0": "Units in upper case.",
]

/// The source, and where the result is stored: the last place named.
private let radiusKeys: FallbackKeys = { arguments, count, keys in
    keys.append(KeyReference(position: 1, flags: [.ro, .access]))
    var target: Int?
    var i = 5
    while i + 1 < count {
        if arguments[i].isWord("store") || arguments[i].isWord("storedist") {
            target = i + 1
            i += 1
        }
        i += 1
    }
    if let target { keys.append(KeyReference(position: target, flags: [.ow, .update])) }
}

// MARK: Rows

private let geosearchRow = CommandRow(
    .geosearch, "geosearch", arity: -7, .readOnly, .geo,
    keys: [.at(1, [.ro, .access])],
    since: "6.2.0", group: .geo, complexity: searchComplexity,
    summary: "Returns the members inside a circle or a box.",
    history: ["7.0.0": "Units in upper case."],
    arguments: [.key("key"), fromSpec, bySpec, orderSpec, countSpec] + detailSpecs)

private let geosearchstoreRow = CommandRow(
    .geosearchstore, "geosearchstore", arity: -8, [.write, .denyOOM], .geo,
    keys: [.at(1, [.ow, .update]), .at(2, [.ro, .access])],
    since: "6.2.0", group: .geo, complexity: searchComplexity,
    summary: "Stores the members inside a circle or a box as a sorted set.",
    history: ["7.0.0": "Units in upper case."],
    arguments: [
        .key("destination"), .key("source", spec: 1), fromSpec, bySpec, orderSpec, countSpec,
        .token("storedist", "STOREDIST").optional,
    ])

private let georadiusRow = CommandRow(
    .georadius, "georadius", arity: -6, [.write, .denyOOM, .movableKeys], .geo,
    keys: [
        .at(1, [.ro, .access]),
        .after("STORE", from: 6, [.ow, .update]),
        .after("STOREDIST", from: 6, [.ow, .update]),
    ],
    fallbackKeys: radiusKeys,
    since: "3.2.0", group: .geo, complexity: searchComplexity,
    summary: "Returns or stores the members inside a circle around coordinates.",
    deprecatedSince: "6.2.0",
    replacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
    history: radiusHistory,
    arguments: [
        .key("key"), .double("longitude"), .double("latitude"), .double("radius"), geoUnitSpec,
    ] + detailSpecs + [radiusCountSpec, orderSpec, storeSpec])

private let georadiusRoRow = CommandRow(
    .georadiusRo, "georadius_ro", arity: -6, .readOnly, .geo,
    keys: [.at(1, [.ro, .access])],
    since: "3.2.10", group: .geo, complexity: searchComplexity,
    summary: "Returns the members inside a circle around coordinates.",
    deprecatedSince: "6.2.0", replacedBy: "`GEOSEARCH` with the `BYRADIUS` argument",
    history: radiusHistory,
    arguments: [
        .key("key"), .double("longitude"), .double("latitude"), .double("radius"), geoUnitSpec,
    ] + detailSpecs + [radiusCountSpec, orderSpec])

private let georadiusbymemberRow = CommandRow(
    .georadiusbymember, "georadiusbymember", arity: -5, [.write, .denyOOM, .movableKeys], .geo,
    keys: [
        .at(1, [.ro, .access]),
        .after("STORE", from: 5, [.ow, .update]),
        .after("STOREDIST", from: 5, [.ow, .update]),
    ],
    fallbackKeys: radiusKeys,
    since: "3.2.0", group: .geo, complexity: searchComplexity,
    summary: "Returns or stores the members inside a circle around a member.",
    deprecatedSince: "6.2.0",
    replacedBy: """
        `GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments
        """,
    history: radiusHistory,
    arguments: [.key("key"), .string("member"), .double("radius"), geoUnitSpec] + detailSpecs
        + [countSpec, orderSpec, storeSpec])

private let georadiusbymemberRoRow = CommandRow(
    .georadiusbymemberRo, "georadiusbymember_ro", arity: -5, .readOnly, .geo,
    keys: [.at(1, [.ro, .access])],
    since: "3.2.10", group: .geo, complexity: searchComplexity,
    summary: "Returns the members inside a circle around a member.",
    deprecatedSince: "6.2.0",
    replacedBy: "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
    history: radiusHistory,
    arguments: [.key("key"), .string("member"), .double("radius"), geoUnitSpec] + detailSpecs
        + [countSpec, orderSpec])
