import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// Carries out what is asked for about the clinic's staff.
  mutating func carry(
    _ action: DirectoryAction, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    guard let identity = sessions[session]?.identity,
      let directory = journal.decided.clinics[identity.clinic]?.directory
    else { return }
    let method: Method
    switch action {
    case .search: method = .directorySearch
    case .tree: method = .directoryTree
    }
    do {
      try method.permission.require(role: identity.role, relation: .none, place: .out)
    } catch {
      throw SignalingError(error)
    }
    sendResult(try describe(action, in: directory), to: reply)
  }

  /// The answer to what is asked for about a clinic's staff.
  func describe(
    _ action: DirectoryAction, in directory: StaffDirectory
  ) throws(SignalingError) -> JSON {
    switch action {
    case .search(let query, let limit):
      let people = directory.people(matching: query, limit: limit)
      return ["people": .array(people.map(Self.describe))]
    case .tree(let text):
      var node: DirectoryNode?
      if let text {
        guard let named = DirectoryNode(text), directory.name(of: named) != nil else {
          throw .badArgument("node", "unknown_value", "node is the `id` of a node in the tree")
        }
        node = named
      }
      let below = directory.nodes(below: node)
      return ["nodes": .array(below.map { Self.describe($0, in: directory) })]
    }
  }

  private static func describe(_ person: DirectoryPerson) -> JSON {
    .compact([
      "person": .string(person.id.text), "name": person.name.map { .string($0.value) },
      "title": person.title.map { .string($0.value) }, "unit": .string(person.unit.text),
      "role": .string(person.role),
    ])
  }

  private static func describe(_ node: DirectoryNode, in directory: StaffDirectory) -> JSON {
    var person: DirectoryPerson?
    if case .person(let id) = node { person = directory.people[id] }
    return .compact([
      "id": .string(node.text), "kind": .string(node.kind),
      "name": directory.name(of: node).map { .string($0.value) } ?? .null,
      "person": person.map { .string($0.id.text) },
      "title": person?.title.map { .string($0.value) },
    ])
  }
}
