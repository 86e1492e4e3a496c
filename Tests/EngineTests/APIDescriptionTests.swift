import Engine
import Primitives
import Testing
import WebPages

/// The description at `/v1/openapi.json` says of the routes what the table says.
@Suite struct APIDescriptionTests {
  private func description() throws -> JSON {
    let page = try #require(WebPages.page(at: "/v1/openapi.json"))
    #expect(page.contentType == "application/json")
    return try JSON(parsing: page.bytes, maximumDepth: 32)
  }

  @Test func everyRouteIsDescribedAndNothingElse() throws {
    var described: Set<String> = []
    for path in try description()["paths"]?.members ?? [] {
      for operation in path.value.members ?? [] {
        let name = operation.value["operationId"]?.string ?? ""
        described.insert("\(operation.name.uppercased()) \(path.name) \(name)")
      }
    }
    let routes = APIRoute.all.filter { $0.port == .pages }
    #expect(described == Set(routes.map { "\($0.method) \($0.path) \($0.operation.rawValue)" }))
  }

  @Test func everyOperationHasOneRoute() {
    for operation in APIRoute.Operation.allCases {
      #expect(APIRoute.all.count { $0.operation == operation } == 1, "\(operation)")
    }
  }

  @Test func limitsAreThoseOfTheCode() throws {
    let schemas = try #require(try description()["components"]?["schemas"])
    let staff = schemas["NewVisit"]?["properties"]?["guests"]?["maxItems"]
    #expect(staff == .integer(Int64(Limits.recipientsPerRequest)))
    let heading = schemas["NewVisit"]?["properties"]?["heading"]?["maxLength"]
    #expect(heading == .integer(Int64(Limits.headingBytes)))
    let people = schemas["DirectoryChanges"]?["properties"]?["people"]?["maxItems"]
    #expect(people == .integer(Int64(Limits.directoryChanges)))
  }

  @Test func theSettingsInItAreThoseThatThereAre() throws {
    var bench = try ControlBench()
    let shown = try bench.answer("GET", "/v1/clinics/\(bench.demo.clinic)/settings")
    let described = try description()["components"]?["schemas"]?["Settings"]?["properties"]
    let names = (described?.members ?? []).map(\.name)
    #expect(Set(names) == Set((shown.json.members ?? []).map(\.name)))
  }
}
