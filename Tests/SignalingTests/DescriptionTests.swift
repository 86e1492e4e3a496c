import Primitives
import Testing
import Visits

@testable import Signaling

/// An argument that must be refused: the value in place of a good one, and how it is refused.
private struct Fault {
  let value: JSON?
  let field: String
  let reasons: Set<String>
}

/// A value that fits the form.
private func sample(_ shape: ParameterShape) -> JSON {
  switch shape {
  case .text: "a"
  case .identifier(let prefix): .string(prefix + "_1")
  case .word(let words): .string(words[0])
  case .flag: true
  case .count(let range): .integer(Int64(range.lowerBound))
  case .list(let element, _): [sample(element)]
  case .object(let members):
    .object(members.filter(\.isRequired).map { .init($0.name, sample($0.shape)) })
  }
}

/// Everything that can be wrong with an argument of a form.
private func faults(_ shape: ParameterShape, _ path: String) -> [Fault] {
  func fault(_ value: JSON, _ reasons: Set<String>) -> Fault {
    Fault(value: value, field: path, reasons: reasons)
  }
  let foreign: Set = ["wrong_type", "unknown_value", "bad_identifier"]
  switch shape {
  case .text(let bytes, let mayBeEmpty):
    let long = JSON.string(String(repeating: "a", count: bytes + 1))
    return [fault(7, foreign), fault(long, ["too_long"])]
      + (mayBeEmpty ? [] : [fault("", ["empty"])])
  case .identifier:
    return [fault(7, foreign), fault("zzz_1", ["bad_identifier"]), fault([], foreign)]
  case .word: return [fault(7, foreign), fault("no word of these", ["unknown_value"])]
  case .flag: return [fault("true", foreign), fault(1, foreign)]
  case .count(let range):
    let low = fault(.integer(Int64(range.lowerBound) - 1), ["out_of_range", "wrong_type"])
    let others = [fault("1", foreign), fault(.number(1.5), foreign), low]
    guard range.upperBound < Int.max else { return others }
    return others + [fault(.integer(Int64(range.upperBound) + 1), ["out_of_range"])]
  case .list(let element, let maximum):
    let many = JSON.array(Array(repeating: sample(element), count: maximum + 1))
    return [fault([:], foreign), fault("a", foreign), fault(many, ["too_many"])]
      + faults(element, path + "[0]").map { inner in
        Fault(value: inner.value.map { [$0] }, field: inner.field, reasons: inner.reasons)
      }
  case .object(let members):
    return [fault([], foreign), fault("a", foreign)]
      + members.flatMap { member in
        faults(of: member, path + "." + member.name).map { inner in
          let others = members.filter { $0.isRequired && $0.name != member.name }
          return Fault(
            value: .object(
              others.map { .init($0.name, sample($0.shape)) }
                + [inner.value.map { JSON.Member(member.name, $0) }].compactMap { $0 }),
            field: inner.field, reasons: inner.reasons)
        }
      }
  }
}

private func faults(of parameter: Parameter, _ path: String) -> [Fault] {
  let missing = Fault(value: nil, field: path, reasons: ["missing"])
  return faults(parameter.shape, path) + (parameter.isRequired ? [missing] : [])
}

/// Arguments with which one of them decides alone whether the request is read.
private func arguments(
  of method: MethodDescription, with name: String, _ value: JSON?
) -> JSON {
  var others = method.example.members ?? []
  switch (method.method, name) {
  case (.sessionOpen, "invite"), (.sessionOpen, "resume"): others = []
  case (.sessionOpen, "name"): others = [.init("invite", "a")]
  case (.visitCreate, "patients"): others.removeAll { $0.name == "patient" }
  case (.feedbackSubmit, "grade"): others = [.init("scale", "five_grades")]
  default: others.removeAll { $0.name == name }
  }
  return .object(others + [value.map { JSON.Member(name, $0) }].compactMap { $0 })
}

private func refusal(_ method: SignalingMethod, _ params: JSON) -> SignalingError? {
  do {
    _ = try Request(method, params: params)
    return nil
  } catch {
    return error
  }
}

@Suite struct DescriptionTests {
  @Test func everyMethodIsDescribedOnceAndInOrder() {
    #expect(MethodDescription.all.map(\.method) == SignalingMethod.allCases)
    #expect(NotificationDescription.all.map(\.notification) == SignalingNotification.allCases)
    for method in MethodDescription.all {
      #expect(Set(method.parameters.map(\.name)).count == method.parameters.count)
      #expect((method.permission == nil) == (method.method == .sessionOpen), "\(method.method)")
    }
  }

  @Test func theExampleOfEachMethodIsReadAndUsesWhatIsDescribed() {
    for method in MethodDescription.all {
      #expect(refusal(method.method, method.example) == nil, "\(method.method)")
      for member in method.example.members ?? [] {
        let isDescribed = method.parameters.contains { $0.name == member.name }
        #expect(isDescribed, "\(method.method): \(member.name)")
      }
    }
  }

  @Test func whatCanBeLeftOutCanBeNull() {
    for method in MethodDescription.all where method.method != .feedbackSubmit {
      for parameter in method.parameters where !parameter.isRequired {
        guard method.method != .sessionOpen || parameter.name == "client" else { continue }
        let params = arguments(of: method, with: parameter.name, .null)
        #expect(refusal(method.method, params) == nil, "\(method.method): \(parameter.name)")
      }
    }
  }

  @Test func everyDescribedArgumentIsReadAsDescribed() {
    for method in MethodDescription.all {
      for parameter in method.parameters {
        let good = arguments(of: method, with: parameter.name, sample(parameter.shape))
        #expect(refusal(method.method, good) == nil, "\(method.method): \(parameter.name)")
      }
    }
  }

  @Test func whateverIsWrongIsRefusedWithTheNameOfTheArgument() {
    var count = 0
    for method in MethodDescription.all {
      for parameter in method.parameters {
        for fault in faults(of: parameter, parameter.name) {
          let params = arguments(of: method, with: parameter.name, fault.value)
          let error = refusal(method.method, params)
          let place =
            "\(method.method) \(fault.field) \(fault.reasons): \(String(describing: error))"
          #expect(error?.code == .invalidParams, "\(place)")
          #expect(error?.field == fault.field, "\(place)")
          #expect(fault.reasons.contains(error?.reason ?? ""), "\(place)")
          count += 1
        }
      }
    }
    #expect(count > 300)
  }

  @Test func reasonsAreWordsThatAreGiven() {
    let doors: Set = [
      "token_refused", "token_expired", "invite_refused", "session_unknown", "malformed_offer",
      "overloaded",
    ]
    let known = doors.union(Refusal.Reason.allCases.map(\.rawValue))
    for method in MethodDescription.all {
      #expect(Set(method.reasons).subtracting(known) == [], "\(method.method)")
    }
  }

  @Test func theDocumentIsJSONWithoutLooseEnds() throws {
    let text = OpenRPCDocument.json.description
    #expect(try JSON(parsing: text) == OpenRPCDocument.json)
    #expect(OpenRPCDocument.json["openrpc"] == "1.3.2")
    for match in text.matches(of: /"\$ref":"#\/components\/(\w+)\/(\w+)"/) {
      let found = OpenRPCDocument.json["components"]?[String(match.1)]?[String(match.2)]
      #expect(found != nil, "\(match.0)")
    }
    let methods = OpenRPCDocument.json["methods"]?.array ?? []
    let admit = methods.first { $0["name"] == "lobby.admit" }
    #expect(admit?["x-permission"]?["others"] == [])
    #expect(admit?["x-permission"]?["places"] == ["call"])
  }
}
