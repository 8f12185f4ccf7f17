// The documented arguments of a command, as COMMAND DOCS shows them.
//
// Written so that a row reads like the command's synopsis:
//
//     .key("key"), .string("value"),
//     .oneOf("condition", [.token("nx", "NX"), .token("xx", "XX")]).optional.since("2.6.12")
//
// Documentation only: nothing is parsed with it.

package struct ArgumentSpec: Sendable {
    package enum Kind: Sendable {
        case key, string, integer, double, pattern, unixTime, pureToken, oneOf, block

        /// Its name in COMMAND DOCS.
        package var name: StaticString {
            switch self {
            case .key: "key"
            case .string: "string"
            case .integer: "integer"
            case .double: "double"
            case .pattern: "pattern"
            case .unixTime: "unix-time"
            case .pureToken: "pure-token"
            case .oneOf: "oneof"
            case .block: "block"
            }
        }
    }

    package let name: StaticString
    package let kind: Kind
    /// Which of the row's key specifications finds it; keys only.
    package let keySpec: Int?
    package let token: StaticString?
    package let arguments: [ArgumentSpec]
    package private(set) var isOptional = false
    package private(set) var isMultiple = false
    package private(set) var repeatsToken = false
    package private(set) var sinceVersion: StaticString?
    package private(set) var deprecatedVersion: StaticString?
    /// How it is called in a synopsis, where that is not its name.
    package private(set) var displayName: StaticString?

    private init(
        _ name: StaticString, _ kind: Kind, keySpec: Int? = nil, token: StaticString? = nil,
        arguments: [ArgumentSpec] = []
    ) {
        self.name = name
        self.kind = kind
        self.keySpec = keySpec
        self.token = token
        self.arguments = arguments
    }

    /// A key; `spec` is the index of the key specification that finds it.
    package static func key(_ name: StaticString, spec: Int = 0, token: StaticString? = nil) -> Self
    { Self(name, .key, keySpec: spec, token: token) }

    package static func string(_ name: StaticString, token: StaticString? = nil) -> Self {
        Self(name, .string, token: token)
    }

    package static func integer(_ name: StaticString, token: StaticString? = nil) -> Self {
        Self(name, .integer, token: token)
    }

    package static func double(_ name: StaticString, token: StaticString? = nil) -> Self {
        Self(name, .double, token: token)
    }

    /// A pattern; `spec` is the index of the key specification for the keys that it leads to.
    package static func pattern(
        _ name: StaticString, token: StaticString? = nil, spec: Int? = nil
    ) -> Self {
        Self(name, .pattern, keySpec: spec, token: token)
    }

    package static func unixTime(_ name: StaticString, token: StaticString? = nil) -> Self {
        Self(name, .unixTime, token: token)
    }

    /// A word written as it stands.
    package static func token(_ name: StaticString, _ token: StaticString) -> Self {
        Self(name, .pureToken, token: token)
    }

    /// One of several forms.
    package static func oneOf(
        _ name: StaticString, token: StaticString? = nil, _ arguments: [ArgumentSpec]
    ) -> Self { Self(name, .oneOf, token: token, arguments: arguments) }

    /// Several arguments that belong together.
    package static func block(
        _ name: StaticString, token: StaticString? = nil, _ arguments: [ArgumentSpec]
    ) -> Self { Self(name, .block, token: token, arguments: arguments) }

    /// May be left out.
    package var optional: Self {
        var copy = self
        copy.isOptional = true
        return copy
    }

    /// May be repeated.
    package var multiple: Self {
        var copy = self
        copy.isMultiple = true
        return copy
    }

    /// May be repeated, each time with its token.
    package var multipleToken: Self {
        var copy = self
        copy.isMultiple = true
        copy.repeatsToken = true
        return copy
    }

    package func since(_ version: StaticString) -> Self {
        var copy = self
        copy.sinceVersion = version
        return copy
    }

    package func deprecated(since version: StaticString) -> Self {
        var copy = self
        copy.deprecatedVersion = version
        return copy
    }

    package func shown(as text: StaticString) -> Self {
        var copy = self
        copy.displayName = text
        return copy
    }

    /// What COMMAND DOCS lists under `flags`, in its order.
    package var shownFlags: [StaticString] {
        var names: [StaticString] = []
        if isOptional { names.append("optional") }
        if isMultiple { names.append("multiple") }
        if repeatsToken { names.append("multiple_token") }
        return names
    }
}
